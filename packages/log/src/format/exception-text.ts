import { type DescribedError, isDescribedError } from '../redaction/described-error.ts'
import { visible } from './visible.ts'

/** The stack of an error, of its causes, and of the errors that it stands for. */
export function exceptionText(error: DescribedError): string {
  return lines(error, '').join('\n')
}

function lines(error: DescribedError, indent: string): string[] {
  const text = stackText(error)
    .split('\n')
    .map((line) => indent + line)
  if (error.cause !== undefined) text.push(...below('caused by: ', error.cause, indent))
  for (const [index, each] of (error.errors ?? []).entries())
    text.push(...below(`error ${index + 1}: `, each, `${indent}  `))
  return text
}

function below(title: string, value: unknown, indent: string): string[] {
  const [first = '', ...rest] = isDescribedError(value) ? lines(value, indent) : [indent + visible(textOf(value))]
  return [indent + title + first.slice(indent.length), ...rest]
}

/** Frames stand as they are. A message of several lines cannot pass for the beginning of another line of the log. */
function stackText({ stack, message }: DescribedError): string {
  const end = stack.indexOf(message)
  const head = end < 0 ? (stack.split('\n', 1)[0] ?? '') : stack.slice(0, end + message.length)
  const frames = stack
    .slice(head.length)
    .split('\n')
    .filter((line) => line !== '')
  return [
    visible(head),
    ...frames.map((line) => (line.startsWith('    ') ? visible(line) : `    ${visible(line)}`)),
  ].join('\n')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? String(value)
}

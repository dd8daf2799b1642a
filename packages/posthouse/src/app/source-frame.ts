import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { reasonOf } from '@posthouse/core'
import { type Terminal, visible } from '../terminal.ts'

interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Lines shown before and behind the one that failed. */
const around = 2

/** Shows on standard error what failed and the line of the program that it failed in. */
export function showFailure(terminal: Terminal, error: unknown): void {
  const name = error instanceof Error ? error.name : 'Error'
  terminal.note(`${terminal.style('red', name, terminal.err)} ${visible(reasonOf(error))}`)
  const place = placeOf(error)
  if (place !== undefined) terminal.note(frame(terminal, place))
  if (!(error instanceof Error)) return
  const stack = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  for (const line of stack.slice(0, 8)) terminal.note(terminal.style('gray', visible(line), terminal.err))
  if (error.cause !== undefined) {
    terminal.note('because of')
    showFailure(terminal, error.cause)
  }
}

/** Where the program itself stood. What does not parse names its place in the first line of its stack. */
function placeOf(error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n')) {
    const [, file = '', row, column] = /(file:\/\/\/[^\s()]+?):(\d+)(?::(\d+))?\)?$/.exec(line) ?? []
    if (file === '' || file.includes('/node_modules/')) continue
    return { file: fileURLToPath(file), line: Number(row), column: Number(column ?? 1) }
  }
  return undefined
}

function frame(terminal: Terminal, { file, line, column }: Place): string {
  const lines = readLines(file)
  const first = Math.max(1, line - around)
  const shown = lines.slice(first - 1, line + around).map((text, index) => {
    const number = first + index
    const row = `${number === line ? '>' : ' '} ${String(number).padStart(4)} | ${visible(text.replaceAll('\t', ' '))}`
    if (number !== line) return terminal.style('gray', row, terminal.err)
    return `${row}\n${' '.repeat(7)}| ${' '.repeat(Math.max(0, column - 1))}${terminal.style('red', '^', terminal.err)}`
  })
  return [`${file}:${line}:${column}`, ...shown].join('\n')
}

/** A file that is gone, or that the program made up, has no lines. */
function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

import type { LogFields } from '@posthouse/core'
import { isDescribedError } from '../redaction/described-error.ts'
import { visibleLine } from './visible.ts'

const plain = /^[\p{L}\p{N}._:@/+-]+$/u

/** Fields as `name=value name=value`, on one line, without the error that `{exception}` is for. */
export function fieldsText(fields: LogFields, exception: unknown): string {
  let text = ''
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined || value === exception) continue
    text += `${text === '' ? '' : ' '}${visibleLine(name)}=${fieldText(value)}`
  }
  return text
}

/** One value, quoted where it could be taken for more than one. */
function fieldText(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) ? value : visibleLine(JSON.stringify(value))
  return valueText(value)
}

/** One value, as it is. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return visibleLine(value)
  if (isDescribedError(value)) return visibleLine(JSON.stringify(errorLine(value)))
  return visibleLine(JSON.stringify(value) ?? String(value))
}

function errorLine({ message, cause }: { message: string; cause?: unknown }): string {
  return isDescribedError(cause) ? `${message}: ${errorLine(cause)}` : message
}

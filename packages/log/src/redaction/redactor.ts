import type { LogFields } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import { CleanCopy } from './clean-copy.ts'
import { cleanText } from './clean-text.ts'
import { isPlain } from './plain-fields.ts'
import { secretNames } from './sensitive-names.ts'

/** What is hidden in every line, beside what always is. */
export interface RedactOptions {
  /** Further names whose values are hidden, at any depth; case, `-` and `_` do not matter. */
  readonly names?: readonly string[]
  /** Names that are no secrets here. */
  readonly allow?: readonly string[]
  /** What stands in the place of a secret. Default `[redacted]`. */
  readonly mark?: string
}

/** Takes out of messages and fields what no log may hold, and makes the rest safe to write. */
export interface Redactor {
  text(text: string): string
  /** The same object where there is nothing to change in it. */
  fields(fields: LogFields): LogFields
}

/** @throws PosthouseError `invalid_option` */
export function createRedactor(options: RedactOptions | boolean = true): Redactor {
  if (typeof options !== 'boolean' && (typeof options !== 'object' || options === null))
    throw refusal('redact', 'true, false or { names, allow, mark }', options)
  const { names = [], allow = [], mark = '[redacted]', ...others } = typeof options === 'object' ? options : {}
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw refusal('an option of redact', 'names, allow or mark', unknown)
  if (![names, allow].every(isList)) throw refusal('redact', 'lists of names', JSON.stringify(options))
  if (typeof mark !== 'string') throw refusal('redact.mark', 'a text', mark)
  const secret = options === false ? () => false : secretNames({ names, allow })
  const text = options === false ? (same: string) => same : (raw: string) => cleanText(raw, { secret, mark })
  const rules = { secret, text, mark }
  return { text, fields: (fields) => (isPlain(fields, rules) ? fields : new CleanCopy(rules).fields(fields)) }
}

function isList(names: readonly string[]): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '')
}

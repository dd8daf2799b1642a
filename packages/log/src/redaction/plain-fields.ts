import type { LogFields } from '@posthouse/core'
import { type CopyRules, leastHiding } from './clean-copy.ts'

/** A few numbers and short texts, as most lines have them. */
const most = 20

/** Whether fields hold nothing but texts, numbers, true and false, and nothing in them is secret: they need no clean copy. */
export function isPlain(fields: LogFields, rules: CopyRules): boolean {
  try {
    if (Object.getPrototypeOf(fields) !== Object.prototype || 'toJSON' in fields) return false
    const names = Object.keys(fields)
    return names.length <= most && names.every((name) => isClean(name, fields[name], rules))
  } catch {
    // A getter or a proxy failed. How that is shown is not decided here.
    return false
  }
}

function isClean(name: string, value: unknown, { secret, text }: CopyRules): boolean {
  switch (typeof value) {
    case 'undefined':
      return true
    case 'number':
    case 'boolean':
      return !secret(name)
    case 'string':
      return !secret(name) && (value.length < leastHiding || text(value) === value)
    default:
      return false
  }
}

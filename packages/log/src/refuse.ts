import { PosthouseError } from '@posthouse/core'

/** The error for an option that cannot be: which one, what it must be, and what it was. */
export function refusal(name: string, rule: string, value: unknown): PosthouseError {
  return new PosthouseError('invalid_option', `${name} must be ${rule}, not ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  try {
    return (typeof value === 'object' ? JSON.stringify(value) : String(value)).slice(0, 100)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

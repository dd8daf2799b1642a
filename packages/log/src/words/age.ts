import { refusal } from '@posthouse/core/options'

const units: readonly (readonly [names: RegExp, ms: number])[] = [
  [/^(?:ms|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, 1000],
  // No "m": "100 M" is a size to whoever writes it, and logs of more than 100 minutes would be gone.
  [/^(?:mins?|minutes?)$/, 60_000],
  [/^(?:h|hours?)$/, 3_600_000],
  [/^(?:d|days?)$/, 86_400_000],
  [/^(?:w|weeks?)$/, 7 * 86_400_000],
  [/^months?$/, 30 * 86_400_000],
  [/^(?:y|years?)$/, 365 * 86_400_000],
]
const part = /(\d+(?:\.\d+)?)\s*([a-z]+)/g
const form = /^(?:\d+(?:\.\d+)?\s*[a-z]+(?:\s*,\s*|\s+and\s+|\s*))+$/

/**
 * Reads an age such as `7 days`, `1 week` or `1 h 30 min`, in milliseconds. A month has 30 days and a year 365.
 * @throws PosthouseError `invalid_option`
 */
export function parseAge(name: string, age: string): number {
  const ms = readAge(age)
  if (ms !== undefined && ms > 0) return ms
  throw refusal(name, 'an age such as "7 days", "1 week" or "12 hours"', age)
}

/** The milliseconds that `text` says, or nothing where it is no age. */
export function readAge(text: string): number | undefined {
  const words = text.trim().toLowerCase()
  if (words.length > 100 || !form.test(words)) return undefined
  let sum = 0
  for (const [, amount, unit = ''] of words.matchAll(part)) {
    const ms = units.find(([names]) => names.test(unit))?.[1]
    if (ms === undefined) return undefined
    sum += Number(amount) * ms
  }
  return sum
}

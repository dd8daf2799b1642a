import { PosthouseError } from '@posthouse/core'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const form = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/

/** What is done again and again is done at most so often, in milliseconds: below it a computer would soon do nothing else. */
const leastIntervalMs = 100

/**
 * Reads a duration such as `30`, `30s`, `500ms` or `2m`; a bare number means seconds. Returns milliseconds.
 * @throws PosthouseError `invalid_option`
 */
export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = form.exec(text.trim()) ?? []
  const ms = Number(amount) * (units[unit] ?? Number.NaN)
  if (ms > 0) return ms
  throw new PosthouseError(
    'invalid_option',
    `${JSON.stringify(text)} is no duration: write 30 (seconds), 500ms, 2m or 1h`,
  )
}

/**
 * Reads the duration after which something is done again.
 * @throws PosthouseError `invalid_option`
 */
export function parseInterval(text: string): number {
  const ms = parseDuration(text)
  if (ms >= leastIntervalMs) return ms
  throw new PosthouseError('invalid_option', `${JSON.stringify(text)} is too short: write ${leastIntervalMs}ms or more`)
}

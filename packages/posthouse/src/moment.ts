import { PosthouseError } from '@posthouse/core'
import { parseDuration } from './duration.ts'

/** Local time with its distance from UTC, as ISO 8601 writes it: to the reader's clock, and the same for everyone. */
export function moment(ms: number | undefined): string {
  if (!ms) return ''
  const offset = -new Date(ms).getTimezoneOffset()
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19)
  const zone = `${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  return `${local.replace('T', ' ')}${offset < 0 ? '-' : '+'}${zone}`
}

/** A date, or how long ago it was, in Unix milliseconds. @throws PosthouseError `invalid_option` */
export function parseEarlier(word: string): number {
  return dateOf(word) ?? Date.now() - durationOf(word, 'ago')
}

/** A date, or how long until it comes, in Unix milliseconds. @throws PosthouseError `invalid_option` */
export function parseLater(word: string): number {
  return dateOf(word) ?? Date.now() + durationOf(word, 'from now')
}

/** Dates begin with their year; a day alone begins at midnight where the reader is. */
function dateOf(word: string): number | undefined {
  if (!/^\d{4}-/.test(word)) return undefined
  const ms = new Date(/^\d{4}-\d{2}-\d{2}$/.test(word) ? `${word}T00:00` : word).getTime()
  if (Number.isFinite(ms)) return ms
  throw new PosthouseError(
    'invalid_option',
    `${JSON.stringify(word)} is no date: write 2026-12-31 or 2026-12-31T18:00Z`,
  )
}

function durationOf(word: string, which: 'ago' | 'from now'): number {
  try {
    return parseDuration(word)
  } catch (cause) {
    const how = `write a date such as 2026-12-31T18:00, or a time ${which} such as 2h or 7d`
    throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no time: ${how}`, { cause })
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

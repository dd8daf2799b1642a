import { refusal } from '@posthouse/core/options'

type Part = (date: Moment) => string

/** A moment in the parts of a calendar: those of the local one, or of UTC. */
interface Moment {
  readonly ms: number
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly offsetMinutes: number
}

const months = 'January February March April May June July August September October November December'.split(' ')
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const two = (number: number): string => (number < 10 ? `0${number}` : `${number}`)
const three = (number: number): string => String(number).padStart(3, '0')
const millisecond = ({ ms }: Moment): number => ((ms % 1000) + 1000) % 1000
const hour12 = ({ hour }: Moment): number => hour % 12 || 12

const parts: Readonly<Record<string, Part>> = {
  YYYY: ({ year }) => String(year).padStart(4, '0'),
  YY: ({ year }) => two(year % 100),
  Q: ({ month }) => String(Math.floor(month / 3) + 1),
  MMMM: ({ month }) => months[month] ?? '',
  MMM: ({ month }) => (months[month] ?? '').slice(0, 3),
  MM: ({ month }) => two(month + 1),
  M: ({ month }) => String(month + 1),
  DDDD: (moment) => three(dayOfYear(moment)),
  DDD: (moment) => String(dayOfYear(moment)),
  DD: ({ day }) => two(day),
  D: ({ day }) => String(day),
  dddd: ({ weekday }) => weekdays[weekday] ?? '',
  ddd: ({ weekday }) => (weekdays[weekday] ?? '').slice(0, 3),
  d: ({ weekday }) => String((weekday + 6) % 7),
  E: ({ weekday }) => String(((weekday + 6) % 7) + 1),
  HH: ({ hour }) => two(hour),
  H: ({ hour }) => String(hour),
  hh: (moment) => two(hour12(moment)),
  h: (moment) => String(hour12(moment)),
  mm: ({ minute }) => two(minute),
  m: ({ minute }) => String(minute),
  ss: ({ second }) => two(second),
  s: ({ second }) => String(second),
  // A clock of JavaScript counts milliseconds, so the last three of six digits are zeros.
  SSSSSS: (moment) => `${three(millisecond(moment))}000`,
  SSSSS: (moment) => `${three(millisecond(moment))}00`,
  SSSS: (moment) => `${three(millisecond(moment))}0`,
  SSS: (moment) => three(millisecond(moment)),
  SS: (moment) => three(millisecond(moment)).slice(0, 2),
  S: (moment) => three(millisecond(moment)).slice(0, 1),
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  ZZ: ({ offsetMinutes }) => offset(offsetMinutes, ''),
  Z: ({ offsetMinutes }) => offset(offsetMinutes, ':'),
  X: ({ ms }) => String(Math.floor(ms / 1000)),
  x: ({ ms }) => `${ms}000`,
}
const names = Object.keys(parts).sort((a, b) => b.length - a.length)
const token = new RegExp(`\\[([^\\]]*)\\]|${names.join('|')}|T|[A-Za-z]+|.`, 'gs')

/**
 * Makes what writes a time as `pattern` says (`YYYY-MM-DD HH:mm:ss.SSS`, `[words]` as they are, `!UTC` at the end).
 * @throws PosthouseError `invalid_option`
 */
export function timeText(pattern: string): (ms: number) => string {
  const utc = pattern.endsWith('!UTC')
  const pieces = piecesOf(utc ? pattern.slice(0, -4) : pattern)
  let last = Number.NaN
  let text = ''
  // Many lines are written in one millisecond.
  return (ms) => {
    if (ms !== last) {
      const moment = momentOf(ms, utc)
      text = pieces.map((piece) => (typeof piece === 'string' ? piece : piece(moment))).join('')
      last = ms
    }
    return text
  }
}

function piecesOf(pattern: string): (string | Part)[] {
  return Array.from(pattern.matchAll(token), ([text, literal]) => {
    if (literal !== undefined) return literal
    const part = Object.hasOwn(parts, text) ? parts[text] : undefined
    if (part === undefined && /^[A-Za-z]/.test(text) && text !== 'T') {
      throw refusal('the time in a format', `made of ${names.join(' ')}, with other words in [ ]`, text)
    }
    return part ?? text
  })
}

function momentOf(ms: number, utc: boolean): Moment {
  const local = new Date(ms)
  const offsetMinutes = utc ? 0 : -local.getTimezoneOffset()
  // Local time as if it were UTC, so that one set of getters does for both.
  const date = utc ? local : new Date(ms + offsetMinutes * 60_000)
  return {
    ms,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    offsetMinutes,
  }
}

function dayOfYear({ year, month, day }: Moment): number {
  return Math.round((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1
}

function offset(minutes: number, between: string): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${between}${two(size % 60)}`
}

import { isMessageType } from '@posthouse/core'
import { isObject } from './frame-shape.ts'
import { defaultLimits } from './limits.ts'

/** True for a value that fits. Every page loads these, so they say nothing about one that does not. */
type Fits = (value: unknown) => boolean

type Fields = Readonly<Record<string, Fits>>

const textUpTo =
  (most: number): Fits =>
  (value) =>
    anyText(value) && value !== '' && value.length <= most
const text = textUpTo(4096)
const id = textUpTo(256)
const flag: Fits = (value) => typeof value === 'boolean'
const positive: Fits = (value) => count(value) && value !== 0

function anyText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

function count(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

const optional =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value)
const oneOf =
  (...words: readonly unknown[]): Fits =>
  (value) =>
    words.includes(value)
const listOf =
  (fits: Fits, most: number): Fits =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(fits)
const mapOf =
  (fits: Fits, most: number): Fits =>
  (value) =>
    isObject(value) && listOf(anyText, most)(Object.keys(value)) && Object.values(value).every(fits)
const shaped =
  (fields: Fields): Fits =>
  (value) =>
    isObject(value) && misfit(value, fields) === undefined

const perhapsText = optional(text)
const perhapsCount = optional(positive)
const errorInfo: Fields = { code: text, number: count, message: anyText, retry: flag }
const perhapsError = optional(shaped(errorInfo))
const clients = listOf(
  shaped({
    client: text,
    online: flag,
    generation: optional(count),
    since: optional(Number.isFinite),
    lastSeen: Number.isFinite,
    node: anyText,
    dialect: perhapsText,
  }),
  Number.POSITIVE_INFINITY,
)
const sign: Fields = { id: optional(id) }

/** The name of the first field that does not fit, if any. */
export function misfit(value: Readonly<Record<string, unknown>>, fields: Fields): string | undefined {
  for (const name in fields) if (fields[name]?.(value[name]) === false) return name
  return undefined
}

/** What each op of a hub must look like. Fields that are not listed are ignored. */
export const hubShapes: Readonly<Record<string, Fields>> = {
  welcome: {
    client: text,
    session: id,
    resumeToken: id,
    resumed: flag,
    gaps: optional(
      listOf(shaped({ stream: text, from: count, to: count, reason: oneOf('epoch', 'expired', 'trimmed') }), 1024),
    ),
    positions: mapOf(shaped({ epoch: text, seq: count }), 1024),
    accepted: count,
    heartbeatMs: positive,
    limits: shaped(Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, positive]))),
    durability: oneOf('memory', 'process', 'disk'),
    caps: listOf(text, 64),
    node: anyText,
    serverTime: Number.isFinite,
  },
  sent: { n: positive, state: oneOf('stored', 'duplicate', undefined), error: perhapsError },
  deliver: {
    id,
    to: text,
    type: (value) => typeof value === 'string' && isMessageType(value),
    body: (value) => value !== undefined,
    headers: optional(mapOf((value) => value === '' || text(value), 64)),
    replyTo: perhapsText,
    stream: perhapsText,
    seq: perhapsCount,
    attempt: perhapsCount,
    from: text,
    ts: Number.isFinite,
  },
  receipt: { id, state: oneOf('delivered', 'read', 'expired', 'failed'), by: text },
  presence: { full: flag, clients },
  list: { id, more: optional(flag), clients },
  request: { id, to: text, from: perhapsText, method: id, timeoutMs: perhapsCount },
  response: { id, error: perhapsError, part: optional(count), end: optional(flag) },
  cancel: { id },
  credit: { id, parts: positive },
  ping: sign,
  pong: sign,
  error: { ...errorInfo, about: optional(shaped({ op: anyText, id: optional(anyText) })) },
  goaway: { reason: anyText, reconnectAfterMs: count },
}

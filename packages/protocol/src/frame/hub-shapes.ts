import {
  anyText,
  count,
  type Fields,
  type Fits,
  flag,
  id,
  listOf,
  mapOf,
  oneOf,
  optional,
  positive,
  shaped,
  text,
} from './fits.ts'
import { isObject } from './frame-shape.ts'
import { defaultLimits } from './limits.ts'

export const perhapsText: Fits = optional(text)
export const perhapsFlag: Fits = optional(flag)
export const perhapsCount: Fits = optional(positive)
const errorInfo: Fields = { code: text, number: count, message: anyText, retry: flag }
export const perhapsError: Fits = optional(shaped(errorInfo))
const sign: Fields = { id: optional(id) }

/**
 * What each op of a hub must look like that every client has to understand. Fields that are not listed are ignored. The
 * others are in `partShapes`, and deliveries are looked at by hand.
 */
export const hubShapes: Readonly<Record<string, Fields>> = {
  welcome: {
    client: text,
    session: id,
    resumeToken: id,
    resumed: flag,
    gaps: optional(
      listOf(shaped({ stream: text, from: count, to: count, reason: oneOf('epoch', 'expired', 'trimmed') })),
    ),
    positions: mapOf(shaped({ epoch: text, seq: count })),
    accepted: count,
    heartbeatMs: positive,
    limits: (value) => isObject(value) && Object.keys(defaultLimits).every((name) => positive(value[name])),
    durability: oneOf('memory', 'process', 'disk'),
    caps: listOf(text),
    node: anyText,
    serverTime: Number.isFinite,
  },
  sent: { n: positive, state: oneOf('stored', 'duplicate', 'dropped', undefined), error: perhapsError },
  ping: sign,
  pong: sign,
  error: { ...errorInfo, about: optional(shaped({ op: anyText, id: optional(anyText) })) },
  goaway: { reason: anyText, reconnectAfterMs: count },
}

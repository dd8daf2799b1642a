import { longestCallMs } from '../calls/call-time.ts'
import {
  anyText,
  count,
  credit,
  envelope,
  flag,
  id,
  isText,
  listOf,
  mapOf,
  oneOf,
  position,
  positive,
  request,
  response,
  shaped,
  sign,
  text,
  will,
} from './field-checks.ts'
import type { Check, Grammar, Shapes } from './frame-shape.ts'

const qos: Check = (value) => (value === 0 || value === 1 ? undefined : 'must be 0 or 1')
/** Tokens with many claims are long. */
const secret: Check = (value) =>
  isText(value) && value.length <= 16_384 ? undefined : 'must be a string of at most 16384 characters'
const role: Check = (value) => (value === 'owner' || value === 'member' ? undefined : 'must be owner or member')
const after: Check = (value) =>
  value === 'start' || position(value) === undefined ? undefined : 'must be a position or start'
const time: Check = (value) => (Number.isFinite(value) ? undefined : 'must be a time in Unix milliseconds')
const whenOffline: Check = oneOf('store', 'error', 'drop')
const priority: Check = (value) =>
  count(value) === undefined && Number(value) <= 9 ? undefined : 'must be a whole number from 0 to 9'
/** The longest wait that a client may ask for: a day. Spec: 4.5.1. */
const longestDelayMs = 86_400_000
const delay: Check = (value) =>
  count(value) === undefined && Number(value) <= longestDelayMs
    ? undefined
    : `must be a whole number from 0 to ${longestDelayMs}`

const callTime: Check = (value) =>
  positive(value) === undefined && Number(value) <= longestCallMs
    ? undefined
    : `must be a whole number from 1 to ${longestCallMs}`

/** What each op of a client must look like. Source: spec/protocol.md, sections 3 to 5. */
const shapes: Shapes = {
  hello: {
    client: anyText,
    '?token': secret,
    caps: listOf(text, 64),
    producer: id,
    '?resume': shaped({ session: id, token: id, positions: mapOf(position, 1024) }),
    '?agent': text,
    '?transient': flag,
    '?will': shaped(will),
  },
  send: {
    ...envelope,
    '?qos': qos,
    '?n': positive,
    '?ttlMs': positive,
    '?receipts': flag,
    '?whenOffline': whenOffline,
    '?deliverAt': time,
    '?priority': priority,
    '?retain': flag,
  },
  ack: { '?stream': text, seq: count },
  nack: { '?stream': text, seq: count, '?delayMs': delay },
  receipt: { id, from: text, state: oneOf('read') },
  join: { id, to: text, '?client': text, '?role': role },
  leave: { id, to: text, '?client': text },
  subscribe: { id, to: text, '?after': after, '?last': positive, '?retained': flag, '?prefetch': positive },
  unsubscribe: { id, to: text },
  presence: { '?watch': flag },
  list: { id, '?online': flag },
  request: { ...request, '?timeoutMs': callTime },
  response,
  cancel: { id },
  credit,
  ping: sign,
  pong: sign,
  bye: {},
}

/** What a client may say. */
export const clientGrammar: Grammar = {
  shapes,
  contradiction: (op, raw) => {
    if (op === 'presence')
      return raw.watch === undefined && raw.state === undefined ? 'must have watch or state' : undefined
    if (op === 'subscribe')
      return raw.after !== undefined && raw.last !== undefined ? 'must have after or last, not both' : undefined
    return op === 'response' ? responseContradiction(raw) : undefined
  },
}

/** Spec: 4.8.4. */
function responseContradiction({ error, body, part, end }: Readonly<Record<string, unknown>>): string | undefined {
  if (error !== undefined && (body !== undefined || part !== undefined || end !== undefined)) {
    return 'must have error alone, without body, part or end'
  }
  if (end === true && (part === undefined || body !== undefined))
    return 'must have part and no body where it is the end'
  return end !== true && part !== undefined && body === undefined ? 'must have a body in each part' : undefined
}

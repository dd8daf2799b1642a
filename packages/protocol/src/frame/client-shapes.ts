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
  position,
  positive,
  request,
  response,
  shaped,
  sign,
  text,
} from './field-checks.ts'
import type { Check, Shapes } from './frame-shape.ts'

const qos: Check = (value) => (value === 0 || value === 1 ? undefined : 'must be 0 or 1')
/** Tokens with many claims are long. */
const secret: Check = (value) =>
  isText(value) && value.length <= 16_384 ? undefined : 'must be a string of at most 16384 characters'
const membership = { to: text, '?from': position }

/** What each op of a client must look like. Source: spec/protocol.md, sections 3 to 5. */
export const clientShapes: Shapes = {
  hello: {
    client: anyText,
    '?token': secret,
    caps: listOf(text, 64),
    producer: id,
    '?resume': shaped({ session: id, token: id, positions: mapOf(position, 1024) }),
    '?agent': text,
    '?transient': flag,
  },
  send: { ...envelope, '?qos': qos, '?n': positive, '?ttlMs': positive },
  ack: { '?stream': text, seq: count },
  nack: { '?stream': text, seq: count, '?delayMs': count },
  join: membership,
  leave: membership,
  subscribe: membership,
  unsubscribe: membership,
  presence: { '?watch': flag },
  list: { id, '?online': flag },
  request,
  response,
  cancel: { id },
  credit,
  ping: sign,
  pong: sign,
  bye: {},
}

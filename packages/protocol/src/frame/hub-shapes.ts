import {
  anyText,
  count,
  credit,
  envelope,
  errorInfo,
  flag,
  id,
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
  time,
} from './field-checks.ts'
import type { Grammar, Shapes } from './frame-shape.ts'

const limits = shaped({
  frameBytes: positive,
  bodyBytes: positive,
  framesPerArray: positive,
  inFlight: positive,
  windowMessages: positive,
  windowBytes: positive,
  calls: positive,
})
const client = shaped({
  client: text,
  online: flag,
  '?generation': count,
  '?since': time,
  lastSeen: time,
  node: anyText,
  '?dialect': text,
})

/** What each op of a hub must look like. */
const shapes: Shapes = {
  welcome: {
    client: text,
    session: id,
    resumeToken: id,
    resumed: flag,
    '?gaps': listOf(
      shaped({ stream: text, from: count, to: count, reason: oneOf('epoch', 'expired', 'trimmed') }),
      1024,
    ),
    positions: mapOf(position, 1024),
    accepted: count,
    heartbeatMs: positive,
    limits,
    durability: oneOf('memory', 'process', 'disk'),
    caps: listOf(text, 64),
    node: anyText,
    serverTime: time,
  },
  sent: { n: positive, '?state': oneOf('stored', 'duplicate'), '?error': shaped(errorInfo) },
  deliver: { ...envelope, '?stream': text, '?seq': positive, '?attempt': positive, from: text, ts: time },
  receipt: { id, state: oneOf('delivered', 'read', 'expired', 'failed'), by: text },
  presence: { full: flag, clients: listOf(client, Number.MAX_SAFE_INTEGER) },
  list: { id, '?more': flag, clients: listOf(client, Number.MAX_SAFE_INTEGER) },
  request,
  response,
  cancel: { id },
  credit,
  ping: sign,
  pong: sign,
  error: { ...errorInfo, '?about': shaped({ op: anyText, '?id': anyText }) },
  goaway: { reason: anyText, reconnectAfterMs: count },
}

/** What a hub may say. */
export const hubGrammar: Grammar = {
  shapes,
  contradiction: (op, { state, error }) =>
    op === 'sent' && (state === undefined) === (error === undefined) ? 'must have either state or error' : undefined,
}

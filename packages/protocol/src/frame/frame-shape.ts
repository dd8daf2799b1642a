import { isMessageType, messageTypes } from '@posthouse/core'

/** Says what is wrong with a value, or nothing. */
type Check = (value: unknown) => string | undefined

/** The fields of one op: `?name` is optional. Fields that are not listed are ignored. */
export type Shape = Readonly<Record<string, Check>>

const maxTextLength = 4096

const text: Check = (value) =>
  isText(value) && value.length > 0 && value.length <= maxTextLength
    ? undefined
    : `must be a string of 1 to ${maxTextLength} characters`
const anyText: Check = (value) => (isText(value) ? undefined : 'must be a string')
const id: Check = (value) =>
  isText(value) && value.length > 0 && value.length <= 256 ? undefined : 'must be a string of 1 to 256 characters'
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number from 0'
const positive: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'must be a whole number from 1'
const time: Check = (value) => (typeof value === 'number' && Number.isFinite(value) ? undefined : 'must be a number')
const anything: Check = () => undefined
const qos: Check = (value) => (value === 0 || value === 1 ? undefined : 'must be 0 or 1')
const messageType: Check = (value) =>
  typeof value === 'string' && isMessageType(value)
    ? undefined
    : `must be one of ${messageTypes.join(', ')} or x-<name>`
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value) ? undefined : `must be one of ${words.join(', ')}`
const listOf =
  (check: Check, most: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every((each) => check(each) === undefined)
      ? undefined
      : `must be a list of at most ${most} entries that each ${check(undefined)}`
const mapOf =
  (check: Check, most: number): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).length <= most &&
    Object.keys(value).every((name) => name.isWellFormed()) &&
    Object.values(value).every((each) => check(each) === undefined)
      ? undefined
      : `must be an object of at most ${most} entries that each ${check(undefined)}`
const shaped =
  (shape: Shape): Check =>
  (value) =>
    isObject(value) ? misfit(value, shape) : 'must be an object'

const position = shaped({ epoch: text, seq: count })
/** Tokens with many claims are long. */
const secret: Check = (value) =>
  isText(value) && value.length <= 16_384 ? undefined : 'must be a string of at most 16384 characters'
const headers = mapOf((value) => (isText(value) && value.length <= maxTextLength ? undefined : 'must be a string'), 64)
const errorInfo = { code: text, number: count, message: anyText, retry: flag }
const limits = shaped({
  frameBytes: positive,
  bodyBytes: positive,
  framesPerArray: positive,
  inFlight: positive,
  windowMessages: positive,
  windowBytes: positive,
})
const client = shaped({ client: text, online: flag, '?since': time, lastSeen: time, node: anyText, '?dialect': text })
const envelope = {
  id,
  to: text,
  type: messageType,
  body: anything,
  '?headers': headers,
  '?replyTo': text,
  '?sec': anything,
}
const membership = { to: text, '?from': position }
const request = { id, to: text, '?from': text, method: text, '?body': anything, '?deadline': time }
const response = { id, '?body': anything, '?error': shaped(errorInfo), '?part': count, '?end': flag }
const sign = { '?id': id }

/** What each op of a client must look like. Source: spec/protocol.md, sections 3 to 5. */
export const clientShapes: Readonly<Record<string, Shape>> = {
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
  presence: { watch: flag },
  list: { id, '?online': flag },
  request,
  response,
  cancel: { id },
  ping: sign,
  pong: sign,
  bye: {},
}

/** What each op of a hub must look like. */
export const hubShapes: Readonly<Record<string, Shape>> = {
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
  ping: sign,
  pong: sign,
  error: { ...errorInfo, '?about': shaped({ op: anyText, '?id': anyText }) },
  goaway: { reason: anyText, reconnectAfterMs: count },
}

interface Field {
  readonly name: string
  readonly optional: boolean
  readonly check: Check
}

const compiled = new WeakMap<Shape, readonly Field[]>()

/** The first field that does not fit, in words, or nothing. */
export function misfit(value: Readonly<Record<string, unknown>>, shape: Shape): string | undefined {
  for (const { name, optional, check } of fieldsOf(shape)) {
    const field = value[name]
    if (field === undefined) {
      if (!optional) return `${name} is missing`
      continue
    }
    const problem = check(field)
    if (problem !== undefined) return `${name} ${problem}`
  }
  return undefined
}

/** The names and marks of a shape are taken apart once and not for every frame. */
function fieldsOf(shape: Shape): readonly Field[] {
  let fields = compiled.get(shape)
  if (fields === undefined) {
    fields = Object.entries(shape).map(([key, check]) => {
      const optional = key.startsWith('?')
      return { name: optional ? key.slice(1) : key, optional, check }
    })
    compiled.set(shape, fields)
  }
  return fields
}

/** True for a string without halves of surrogate pairs, which UTF-8 and so MessagePack cannot carry. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

/** True for an object that is neither null nor an array nor bytes. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

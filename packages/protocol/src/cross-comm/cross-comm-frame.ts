import { isClientId, PosthouseError } from '@posthouse/core'
import { isObject } from '../frame/frame-shape.ts'
import { scanMembers } from '../json/json-scan.ts'

/** The types that a program sends to another. */
export const crossCommUserTypes = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'] as const

/** A type that a program sends to another. */
export type CrossCommUserType = (typeof crossCommUserTypes)[number]

/** Every value that `msg_type` has ever had. */
export type CrossCommType =
  | CrossCommUserType
  | 'heartbeat'
  | 'login'
  | 'logout'
  | 'list_clients'
  | 'list_clients_response'
  | 'login_response'

/** One cross_comm frame. Only the three header fields are judged; the rest is kept as it came. Spec: 9.2. */
export interface CrossCommFrame {
  readonly type: CrossCommType
  /** `msg_id` where it is a string that can serve as an id. */
  readonly id: string | undefined
  /** `from_client_id` as claimed. */
  readonly from: string
  readonly to: string
  readonly content: unknown
  /** In seconds, where it is a number. */
  readonly timestamp: number | undefined
  /** The whole frame as it arrived: UTF-8 JSON text, perhaps with the bare words NaN and Infinity. */
  readonly bytes: Uint8Array
}

/** The seven keys, in the order in which the originals write them. */
export const crossCommKeys = [
  'msg_id',
  'from_client_id',
  'to_client_id',
  'msg_type',
  'content',
  'timestamp',
  'oss_key',
] as const

/** Largest frame that a cross_comm peer reads, in bytes. Spec: 9.8. */
export const maxCrossCommBytes = 1_048_576

/** Deepest nesting that the originals' own parsers read with certainty. */
const maxCrossCommDepth = 512

const types: ReadonlySet<string> = new Set<CrossCommType>([
  ...crossCommUserTypes,
  'heartbeat',
  'login',
  'logout',
  'list_clients',
  'list_clients_response',
  'login_response',
])
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
/**
 * A string, to be skipped, or a word that Python writes and JSON does not have. A string without an end reaches to the
 * end of the text: were it to match nothing, each quote inside it would be tried in vain, which takes quadratic time.
 */
const stringOrWord = /"(?:[^"\\]|\\.)*"?|-?\b(?:NaN|Infinity)\b/gs

/**
 * Reads one cross_comm frame, liberally: text or bytes, any key order, more keys, `oss_key` missing, bare `NaN`.
 * @throws PosthouseError `malformed_frame`, `invalid_field`, `too_deep`
 */
export function decodeCrossComm(message: string | Uint8Array): CrossCommFrame {
  const bytes = typeof message === 'string' ? encoder.encode(message) : message
  const parsed = parseLiberally(message)
  if (!isObject(parsed)) throw new PosthouseError('malformed_frame', 'a cross_comm frame must be a JSON object')
  scanMembers(bytes, [], maxCrossCommDepth)
  for (const key of crossCommKeys) {
    if (key !== 'oss_key' && !Object.hasOwn(parsed, key)) throw invalid(`${key} is missing`)
  }
  const { msg_id: id, from_client_id: from, to_client_id: to, msg_type: type, content, timestamp } = parsed
  if (!isCrossCommType(type)) throw invalid(`msg_type ${quoted(type)} is not known`)
  if (typeof from !== 'string') throw invalid(`from_client_id must be a string, not ${quoted(from)}`)
  if (typeof to !== 'string') throw invalid(`to_client_id must be a string, not ${quoted(to)}`)
  const usable = typeof id === 'string' && id.length > 0 && id.length <= 256 && id.isWellFormed()
  return { type, id: usable ? id : undefined, from, to, content, timestamp: finite(timestamp), bytes }
}

/**
 * The dialect of a connection that agreed on no subprotocol, by its first message: an object with an `op` is v1 JSON, one
 * with a `msg_type` cross_comm; anything else tells nothing. Spec: 1.3.
 */
export function sniffDialect(message: string | Uint8Array): 'json' | 'cross_comm' | undefined {
  try {
    const parsed = parseLiberally(message)
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed
    if (!isObject(first)) return undefined
    if (Object.hasOwn(first, 'op')) return 'json'
    return Object.hasOwn(first, 'msg_type') && first === parsed ? 'cross_comm' : undefined
  } catch {
    return undefined
  }
}

/** What a `list_clients` request asks for: an object or JSON text; anything unclear means everyone, as in the originals. */
export function asksOnlyOnline(content: unknown): boolean {
  const wish = typeof content === 'string' ? parseOr(content, undefined) : content
  return isObject(wish) && Boolean(wish.only_show_online)
}

/**
 * The id that a login frame names.
 * @throws PosthouseError `invalid_client_id`
 */
export function loginId(frame: CrossCommFrame): string {
  if (isClientId(frame.from)) return frame.from
  const rule = 'it must have 1 to 128 characters, no control characters, and not be all, hub or server'
  throw new PosthouseError('invalid_client_id', `${quoted(frame.from)} cannot log in: ${rule}`)
}

/** The raw text of the frame's members, by key. */
export function rawMembers(bytes: Uint8Array): ReadonlyMap<string, string> {
  const [members] = scanMembers(bytes, crossCommKeys, maxCrossCommDepth)
  const raw = new Map<string, string>()
  for (const [key, { start, end }] of members ?? []) raw.set(key, decoder.decode(bytes.subarray(start, end)))
  return raw
}

/** The value that `JSON.parse` makes of the text, or `otherwise`. */
export function parseOr<Value>(text: string, otherwise: Value): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

function parseLiberally(message: string | Uint8Array): unknown {
  const text = typeof message === 'string' ? message : decode(message)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const strict = text.replace(stringOrWord, (found) => (found.startsWith('"') ? found : 'null'))
    const value = strict === text ? undefined : parseOr(strict, undefined)
    if (value !== undefined) return value
    throw new PosthouseError('malformed_frame', 'the message is not valid JSON', { cause })
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new PosthouseError('malformed_frame', 'the message is not UTF-8', { cause })
  }
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function isCrossCommType(value: unknown): value is CrossCommType {
  return typeof value === 'string' && types.has(value)
}

function invalid(problem: string): PosthouseError {
  return new PosthouseError('invalid_field', `cross_comm: ${problem}`)
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 100)
}

import { createId, PosthouseError } from '@posthouse/core'
import type { Addressed } from './response.ts'

/** A call as it came in, with the names of document 000 put into ours. */
export interface IncomingCall {
  readonly procedure: string
  readonly data: unknown
  /** The caller's id of it; made here where the caller has none. */
  readonly requestId: string
  /** How long the caller waits from now on, in milliseconds. */
  readonly deadlineMs?: number | undefined
  /** Where the answer goes. */
  readonly callbackType?: 'socket' | 'http' | undefined
  readonly callbackUrl?: string | undefined
  /** Given back as it came. */
  readonly callbackFunc?: unknown
  /** How items are wanted, where they are wanted one by one. */
  readonly stream?: StreamWish | undefined
  /** The memory to which it was sent before. */
  readonly store?: string | undefined
}

/** How a caller takes the items of a stream. */
export interface StreamWish {
  /** So many may be sent in all. */
  readonly credit: number
  /** The first that it has not got. */
  readonly from: number
}

const longestText = 128
/** So many items may be on their way to a caller. */
export const mostCredit = 1024
/** As deep as bodies of HTTP may be. What answers and remembers a call goes down by recursion, and must come back. */
const deepest = 64

/**
 * Reads the object of an `api` event or of the body of `POST /api/call`.
 * @throws PosthouseError `invalid_field`, `too_deep`
 */
export function readCall(value: unknown): IncomingCall {
  if (!isRecord(value)) throw invalid('a call', 'an object', value)
  if (isDeep(value)) throw new PosthouseError('too_deep', `a call has at most ${deepest} levels`)
  const { api, data, request_id, callback_func } = value
  if (typeof api !== 'string' || api === '' || api.length > longestText) {
    throw invalid('api', `the name of a procedure, of at most ${longestText} characters`, api)
  }
  const stream = value.stream === true ? streamWish(value) : undefined
  return {
    procedure: api,
    data,
    requestId: request_id === undefined || request_id === null ? createId() : assertRequestId(request_id),
    deadlineMs: optionalNumber('deadline_ms', value.deadline_ms),
    callbackType: callbackType(value.callback_type),
    callbackUrl: optionalText('callback_url', value.callback_url, 2048),
    callbackFunc: callback_func,
    stream,
    store: optionalText('store', value.store, longestText),
  }
}

/** What of something that may be no call at all is in its refusal. */
export function addressOf(value: unknown, nameless: string): Addressed {
  const { api, callback_func: callbackFunc } = isRecord(value) ? value : {}
  const isName = typeof api === 'string' || typeof api === 'number' || typeof api === 'boolean'
  return {
    procedure: isName ? String(api).slice(0, longestText) : nameless,
    requestId: requestIdOf(value) ?? '',
    ...(!isDeep(callbackFunc) && { callbackFunc }),
  }
}

/** Its id, where it has one. */
export function requestIdOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.request_id === 'string' ? value.request_id : undefined
}

/** @throws PosthouseError `invalid_field` */
export function assertRequestId(id: unknown): string {
  // Whoever writes ids in ASCII, which is nearly everybody, is not asked for the classes of Unicode.
  if (typeof id === 'string' && (/^[ -~]{1,128}$/.test(id) || /^[^\p{Cc}\p{Cs}]{1,128}$/u.test(id))) return id
  throw invalid('request_id', `text of 1 to ${longestText} characters, none of them a control one`, id)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function streamWish({ credit = 32, from = 0 }: Readonly<Record<string, unknown>>): StreamWish {
  if (!isCount(from)) throw invalid('from', 'a whole number from 0', from)
  if (!isCount(credit) || credit > from + mostCredit) {
    throw invalid('credit', `a whole number up to from + ${mostCredit}`, credit)
  }
  return { credit, from }
}

function callbackType(value: unknown): 'socket' | 'http' | undefined {
  if (value === undefined || value === null) return undefined
  const type = typeof value === 'string' ? value.toLowerCase() : ''
  if (type === 'socket' || type === 'http') return type
  throw invalid('callback_type', '"socket" or "http"', value)
}

function optionalText(name: string, value: unknown, longest: number): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value.length <= longest) return value
  throw invalid(name, `text of at most ${longest} characters`, value)
}

function optionalNumber(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && value > 0) return value
  throw invalid(name, 'a number above 0', value)
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** True for what has more levels than a call may have. Bytes are no level. */
function isDeep(value: unknown, levels = deepest): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((inner) => isDeep(inner, levels - 1))
  // What was JSON has no keys but its own; a list of them would be made for each call.
  for (const key in value) if (isDeep(value[key as keyof typeof value], levels - 1)) return true
  return false
}

function invalid(name: string, wanted: string, value: unknown): PosthouseError {
  return new PosthouseError('invalid_field', `${name} must be ${wanted}, not ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

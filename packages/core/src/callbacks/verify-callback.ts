import { base64ToBytes } from '../base64.ts'
import { PosthouseError } from '../errors.ts'
import { type CallbackHeaders, signedContent } from './sign-callback.ts'
import { importKey } from './signing-key.ts'

/** Headers as the web frameworks have them: something with `get`, or a record, in whatever case. */
export type HeaderSource =
  | { get(name: string): string | null | undefined }
  | CallbackHeaders
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** A callback that came in. */
export interface CallbackToVerify {
  readonly headers: HeaderSource
  /** Exactly as it came: a body that was parsed and written anew has another signature. */
  readonly body: string | Uint8Array
  /** The receiver's keys; one of them must have signed. */
  readonly keys: readonly string[]
  /** The receiver's time in Unix milliseconds. Default: now. */
  readonly now?: number | undefined
  /** How far the time of sending may be from the receiver's, in milliseconds. Default five minutes. */
  readonly toleranceMs?: number | undefined
}

/** So many signatures of one callback are looked at. */
const mostSignatures = 16
const usualToleranceMs = 5 * 60_000

/**
 * Makes sure that a callback was signed with one of the keys, and lately; says which one it is. A callback that was tried
 * twice comes with the same id.
 * @throws PosthouseError `invalid_signature`; `invalid_option` for a key that is none
 */
export async function verifyCallback(callback: CallbackToVerify): Promise<{ id: string; timestamp: number }> {
  const { headers, body, keys, now = Date.now(), toleranceMs = usualToleranceMs } = callback
  const id = neededHeader(headers, 'webhook-id')
  const time = neededHeader(headers, 'webhook-timestamp')
  const timestamp = /^\d{1,12}$/.test(time) ? Number(time) : Number.NaN
  if (!(Math.abs(now - timestamp * 1000) <= toleranceMs)) {
    throw invalid(`its time, ${JSON.stringify(time.slice(0, 20))}, is too far from now`)
  }
  const content = signedContent(id, time, body)
  const signatures = signaturesOf(neededHeader(headers, 'webhook-signature'))
  for (const text of keys) {
    const key = await importKey(text)
    for (const signature of signatures) {
      if (await crypto.subtle.verify('HMAC', key, signature, content)) return { id, timestamp }
    }
  }
  throw invalid('no signature of it was made with one of the keys')
}

function signaturesOf(header: string): Uint8Array<ArrayBuffer>[] {
  return header
    .split(' ', mostSignatures)
    .filter((entry) => entry.startsWith('v1,'))
    .flatMap((entry) => {
      try {
        return [new Uint8Array(base64ToBytes(entry.slice(3)))]
      } catch {
        return []
      }
    })
}

function neededHeader(headers: HeaderSource, name: string): string {
  const value = headerOf(headers, name)
  if (value === undefined || value === '') throw invalid(`it has no header ${name}`)
  return value
}

function headerOf(headers: HeaderSource, name: string): string | undefined {
  if ('get' in headers && typeof headers.get === 'function') return headers.get(name) ?? undefined
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? []
  return typeof value === 'string' ? value : undefined
}

function invalid(why: string): PosthouseError {
  return new PosthouseError('invalid_signature', `the callback is not believed: ${why}`)
}

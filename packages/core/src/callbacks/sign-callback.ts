import { bytesToBase64 } from '../base64.ts'
import { PosthouseError } from '../errors.ts'
import { importKey } from './signing-key.ts'

/** A callback that is about to be sent. */
export interface SignedCallback {
  /** The same at each attempt, so that the receiver notices what it has had. Without dots. */
  readonly id: string
  /** When it is sent, in Unix seconds. */
  readonly timestamp: number
  /** Exactly what is sent. */
  readonly body: string | Uint8Array
  /** Each signs: while keys change, a receiver that knows any of them is content. */
  readonly keys: readonly string[]
}

/** The headers by which a receiver knows who sent a callback (standardwebhooks.com). */
export interface CallbackHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/**
 * Signs a callback with HMAC-SHA256 over its id, its time and its body.
 * @throws PosthouseError `invalid_option` for a key that is none, for no key, and for an id with a dot
 */
export async function signCallback({ id, timestamp, body, keys }: SignedCallback): Promise<CallbackHeaders> {
  if (keys.length === 0) throw new PosthouseError('invalid_option', 'no key to sign callbacks with')
  if (id === '' || id.includes('.')) throw new PosthouseError('invalid_option', `${JSON.stringify(id)} has a dot`)
  const content = signedContent(id, String(timestamp), body)
  const signatures = await Promise.all(
    keys.map(async (key) => {
      const signature = await crypto.subtle.sign('HMAC', await importKey(key), content)
      return `v1,${bytesToBase64(new Uint8Array(signature))}`
    }),
  )
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') }
}

/** What a signature is made of: id, time and body, joined by dots. */
export function signedContent(id: string, timestamp: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const head = encoder.encode(`${id}.${timestamp}.`)
  const rest = typeof body === 'string' ? encoder.encode(body) : body
  const content = new Uint8Array(head.length + rest.length)
  content.set(head)
  content.set(rest, head.length)
  return content
}

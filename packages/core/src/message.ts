import { bytesToBase64 } from './base64.ts'
import type { MessageType } from './envelope.ts'
import { type ErrorCode, PosthouseError, reasonOf } from './errors.ts'

/** What a `Message` is made of. */
export interface MessageFields<Body = unknown> {
  readonly id: string
  /** Address of the sender. */
  readonly from: string
  readonly to: string
  readonly type: MessageType
  /** string for `text` and `json`, `Uint8Array` for `bytes`, otherwise a JSON value. */
  readonly body: Body
  /** When the hub accepted it, in Unix milliseconds. */
  readonly ts: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly replyTo?: string | undefined
  /** Which delivery this is; 1 is the first. */
  readonly attempt?: number | undefined
}

/** A received message, as handlers see it. */
export class Message<Body = unknown> implements MessageFields<Body> {
  // Only declared: what a class defines and then assigns is written twice, and here that is done for each message.
  declare readonly id: string
  declare readonly from: string
  declare readonly to: string
  declare readonly type: MessageType
  declare readonly body: Body
  declare readonly ts: number
  declare readonly headers: Readonly<Record<string, string>>
  declare readonly replyTo: string | undefined
  declare readonly attempt: number

  constructor(fields: MessageFields<Body>) {
    this.id = fields.id
    this.from = fields.from
    this.to = fields.to
    this.type = fields.type
    this.body = fields.body
    this.ts = fields.ts
    this.headers = fields.headers ?? {}
    this.replyTo = fields.replyTo
    this.attempt = fields.attempt ?? 1
  }

  /**
   * The value that a `json` message's text stands for; the body itself for other types.
   * @throws PosthouseError `invalid_body`
   */
  json(): unknown {
    return this.type === 'json' && typeof this.body === 'string' ? parseText(this.body, 'invalid_body') : this.body
  }

  /** Plain data for `JSON.stringify`; bytes become base64. `readMessage` reads it back. */
  toJSON(): Record<string, unknown> {
    const { body, ...rest } = { ...this }
    return { ...rest, body: body instanceof Uint8Array ? bytesToBase64(body) : body }
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The value of JSON text, which may be UTF-8.
 * @throws PosthouseError `code`
 */
export function parseText(source: string | Uint8Array, code: ErrorCode): unknown {
  try {
    return JSON.parse(typeof source === 'string' ? source : decoder.decode(source))
  } catch (cause) {
    throw new PosthouseError(code, `this is not valid JSON: ${reasonOf(cause)}`, { cause })
  }
}

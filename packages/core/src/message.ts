import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { isMessageType, type MessageType } from './envelope.ts'
import { type ErrorCode, PosthouseError } from './errors.ts'

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
  readonly id: string
  readonly from: string
  readonly to: string
  readonly type: MessageType
  readonly body: Body
  readonly ts: number
  readonly headers: Readonly<Record<string, string>>
  readonly replyTo: string | undefined
  readonly attempt: number

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
    return this.type === 'json' && typeof this.body === 'string' ? parse(this.body, 'invalid_body') : this.body
  }

  /** Plain data for `JSON.stringify`; bytes become base64. `Message.fromJSON` reads it back. */
  toJSON(): Record<string, unknown> {
    const { body, ...rest } = { ...this }
    return { ...rest, body: body instanceof Uint8Array ? bytesToBase64(body) : body }
  }

  /**
   * Reads what `toJSON` made, as a value or as JSON text.
   * @throws PosthouseError `malformed_frame`, and `invalid_body` for bytes that are not base64
   */
  static fromJSON(source: unknown): Message {
    const data: unknown = typeof source === 'string' ? parse(source, 'malformed_frame') : source
    if (!isRecord(data)) throw new PosthouseError('malformed_frame', 'a message is a JSON object')
    const type = text(data, 'type')
    if (!isMessageType(type)) throw new PosthouseError('malformed_frame', `${JSON.stringify(type)} is no message type`)
    return new Message({
      id: text(data, 'id'),
      from: text(data, 'from'),
      to: text(data, 'to'),
      type,
      body: body(data, type),
      ts: number(data, 'ts'),
      headers: headers(data.headers),
      replyTo: data.replyTo === undefined ? undefined : text(data, 'replyTo'),
      attempt: data.attempt === undefined ? undefined : number(data, 'attempt'),
    })
  }
}

function parse(source: string, code: ErrorCode): unknown {
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw new PosthouseError(code, 'the text is not valid JSON', { cause })
  }
}

function body(data: Record<string, unknown>, type: MessageType): unknown {
  if (type === 'bytes') return base64ToBytes(text(data, 'body'))
  if (type === 'text' || type === 'json') return text(data, 'body')
  if (data.body === undefined) throw new PosthouseError('malformed_frame', 'message.body is missing')
  return data.body
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(data: Record<string, unknown>, key: string): string {
  const value = data[key]
  if (typeof value === 'string') return value
  throw new PosthouseError('malformed_frame', `message.${key} must be a string`)
}

function number(data: Record<string, unknown>, key: string): number {
  const value = data[key]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new PosthouseError('malformed_frame', `message.${key} must be a number`)
}

function headers(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (isRecord(value) && Object.values(value).every((each) => typeof each === 'string')) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]))
  }
  throw new PosthouseError('malformed_frame', 'message.headers must map names to strings')
}

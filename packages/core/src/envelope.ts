/** The message types that every dialect knows. */
export const messageTypes = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'audio', 'video'] as const

/** A known message type, or an application's own that begins with `x-`. */
export type MessageType = (typeof messageTypes)[number] | `x-${string}`

/**
 * 0: live only, at most once, may overtake qos 1. 1: stored before it is confirmed, delivered at least once, in order
 * per sender and address.
 */
export type Qos = 0 | 1

/** A message body in the form it arrived in. It is decoded only for a receiver that speaks another form. */
export interface Body {
  /**
   * `json`: UTF-8 JSON text. `msgpack`: one MessagePack value. `cross_comm`: the whole frame of a cross_comm peer, so
   * that another such peer gets its values unchanged.
   */
  readonly format: 'json' | 'msgpack' | 'cross_comm'
  readonly bytes: Uint8Array
}

/** One addressed message, as the hub moves and keeps it. */
export interface Envelope {
  /** Chosen by the sender, the same over all retries. */
  readonly id: string
  /** Address of the sender, stamped by the hub. */
  readonly from: string
  readonly to: string
  readonly type: MessageType
  readonly body: Body
  readonly qos: Qos
  /** When the hub accepted it, in Unix milliseconds. */
  readonly ts: number
  /** From when on it is of no use any more, in Unix milliseconds. */
  readonly expiresAt?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Where an answer should go. */
  readonly replyTo?: string
  /** Encryption and signature block; opaque to the hub. */
  readonly sec?: unknown
  /** The sender wants to be told what becomes of it. */
  readonly receipts?: true
  /** In a queue, what is higher is handed out first: 0 to 9. Default 4. */
  readonly priority?: number
}

const applicationType = /^x-[A-Za-z0-9._-]{1,62}$/
const knownTypes: ReadonlySet<string> = new Set(messageTypes)

/** True for a known type and for `x-` followed by 1 to 62 letters, digits, dots, underscores or hyphens. */
export function isMessageType(text: string): text is MessageType {
  return knownTypes.has(text) || applicationType.test(text)
}

/** What an envelope counts for in windows and inboxes: its body, headers and `sec`, and a fixed share for the rest, in bytes. */
export function envelopeBytes({ body, headers, sec }: Envelope): number {
  const extras = headers === undefined && sec === undefined ? 0 : JSON.stringify([headers, sec]).length
  return body.bytes.byteLength + extras + 128
}

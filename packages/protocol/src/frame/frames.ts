import type { Body, Durability, ErrorCode, MessageType, Position, Qos } from '@posthouse/core'
import type { CallFrame } from './call-frames.ts'
import type { MembershipAnswer, MembershipFrame } from './membership-frames.ts'
import type { ListedFrame, ListFrame, PresenceFrame, PresenceRequestFrame } from './presence-frames.ts'
import type { ReadFrame, ReceiptFrame } from './receipt-frames.ts'

/** A body as a frame carries it: bytes as received, or a value that this end made or wants. */
export type FrameBody = Body | { readonly format: 'value'; readonly value: unknown }

/** The stream name that stands for a client's inbox in maps of positions. */
export const inboxStream = 'inbox'

/** True for the stream of a queue, whose messages are acknowledged one by one. Spec: 4.4.5. */
export function isQueueStream(stream: string): boolean {
  return stream.startsWith('queue:')
}

/** What a client asks to go on from. Spec: 3.4. */
export interface ResumeRequest {
  readonly session: string
  readonly token: string
  /** The last processed position of each stream. */
  readonly positions: Readonly<Record<string, Position>>
}

/** What the hub is to send in a client's name when its session ends without a good-bye. Spec: 3.6. */
export interface WillFields {
  readonly to: string
  readonly type: MessageType
  /** A value that JSON can say; bytes become base64. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default 1. */
  readonly qos?: Qos
  /** Counted from when it is sent, in milliseconds. */
  readonly ttlMs?: number
}

/** The first frame of a client. Spec: 3.1. */
export interface HelloFrame {
  readonly op: 'hello'
  readonly client: string
  readonly token?: string | undefined
  readonly caps: readonly string[]
  /** Names the numbering of `n`; new for each life of a client that does not keep its outbox. */
  readonly producer: string
  readonly resume?: ResumeRequest
  /** Software and version, for logs. */
  readonly agent?: string | undefined
  /** True for a client that the hub forgets when its session ends: one that comes only once. */
  readonly transient?: boolean | undefined
  readonly will?: WillFields | undefined
}

/** Messages of one stream that cannot be delivered any more. */
export interface Gap {
  readonly stream: string
  readonly from: number
  readonly to: number
  readonly reason: 'epoch' | 'expired' | 'trimmed'
}

/** What a hub allows. Spec: 6.1. */
export interface Limits {
  /** Bytes of one WebSocket message. */
  readonly frameBytes: number
  /** Bytes of one body, in the form it is sent in. */
  readonly bodyBytes: number
  /** Frames in one array. */
  readonly framesPerArray: number
  /** qos 1 messages of one client without `sent`. */
  readonly inFlight: number
  /** Unacknowledged deliveries to one client, in messages and bytes. */
  readonly windowMessages: number
  readonly windowBytes: number
  /** Calls of one client under way. Four times as many may be under way to one. */
  readonly calls: number
  /** Channels and queues that one client is subscribed to. */
  readonly subscriptions: number
}

/** The answer to `hello`. Spec: 3.2. */
export interface WelcomeFrame {
  readonly op: 'welcome'
  readonly client: string
  readonly session: string
  readonly resumeToken: string
  readonly resumed: boolean
  readonly gaps?: readonly Gap[]
  readonly positions: Readonly<Record<string, Position>>
  /** The last `n` of this producer that was answered. */
  readonly accepted: number
  readonly heartbeatMs: number
  readonly limits: Limits
  readonly durability: Durability
  readonly caps: readonly string[]
  readonly node: string
  readonly serverTime: number
}

/** The parts of an envelope that sender and receiver both see. */
export interface EnvelopeFields {
  readonly id: string
  readonly to: string
  readonly type: MessageType
  readonly body: FrameBody
  readonly headers?: Readonly<Record<string, string>>
  readonly replyTo?: string
  readonly sec?: unknown
}

/** A message for the hub to route. Spec: 4.1. */
export interface SendFrame extends EnvelopeFields {
  readonly op: 'send'
  /** Default 1. */
  readonly qos?: Qos
  /** Producer sequence; with qos 1 only. */
  readonly n?: number
  readonly ttlMs?: number
  /** Whether the sender wants to know what becomes of it; with qos 1, to a client or a group. Spec: 4.6. */
  readonly receipts?: boolean
  readonly whenOffline?: WhenOffline
  /** Not before this time of the hub's clock, in Unix milliseconds. Spec: 4.1.10. */
  readonly deliverAt?: number
  /** 0 to 9, the highest first; default 4. To a queue only. */
  readonly priority?: number
  /** Whether a channel keeps it for those who subscribe later. Spec: 4.1.12. */
  readonly retain?: boolean
}

/** What is done with a message to a client that is not connected. Spec: 4.1.8. */
export type WhenOffline = 'store' | 'error' | 'drop'

/** What the hub has done with an accepted message. */
export type SentState = 'stored' | 'duplicate' | 'dropped'

/** A failure as it stands in a frame. */
export interface ErrorInfo {
  readonly code: ErrorCode
  readonly number: number
  readonly message: string
  readonly retry: boolean
}

/** What became of sent messages, in the order of `n`; a state holds for all unanswered messages up to `n`. Spec: 4.2. */
export type SentFrame =
  | { readonly op: 'sent'; readonly n: number; readonly state: SentState }
  | { readonly op: 'sent'; readonly n: number; readonly error: ErrorInfo }

/** A message for its recipient. Spec: 4.3. */
export interface DeliverFrame extends EnvelopeFields {
  readonly op: 'deliver'
  /** The inbox when absent. */
  readonly stream?: string
  /** Absent for qos 0, which is not acknowledged. */
  readonly seq?: number
  /** How often it has been tried, this time included; 1 when absent. */
  readonly attempt?: number
  /** True where its sender wants to know when it is read. */
  readonly receipts?: boolean
  readonly from: string
  readonly ts: number
  /** The value that a channel has kept: it was sent before. A client reads anything but true as false. */
  readonly retained?: true
}

/** Everything of a stream up to `seq` has been processed; of a queue that message alone. Spec: 4.4. */
export interface AckFrame {
  readonly op: 'ack'
  /** The inbox when absent. */
  readonly stream?: string
  readonly seq: number
}

/** One message should come again later. Spec: 4.5. */
export interface NackFrame {
  readonly op: 'nack'
  readonly stream?: string
  readonly seq: number
  readonly delayMs?: number
}

/** The wire languages. */
export type Dialect = 'json' | 'msgpack' | 'cross_comm'

/** Asks for, and gives, a sign of life. `id` is echoed. Spec: 5.3. */
export interface PingFrame {
  readonly op: 'ping' | 'pong'
  readonly id?: string | undefined
}

/** Something went wrong and the connection lives on. Spec: 2.6. */
export interface ErrorFrame extends ErrorInfo {
  readonly op: 'error'
  /** The frame that it is about. */
  readonly about?: { readonly op: string; readonly id?: string; readonly to?: string }
}

/** The hub will close this connection. Spec: 5.4. */
export interface GoawayFrame {
  readonly op: 'goaway'
  readonly reason: string
  readonly reconnectAfterMs: number
}

/** The client leaves for good: its session ends. Spec: 5.5. */
export interface ByeFrame {
  readonly op: 'bye'
}

/** Every frame that a client may send. */
export type ClientFrame =
  | HelloFrame
  | SendFrame
  | AckFrame
  | NackFrame
  | ReadFrame
  | MembershipFrame
  | PresenceRequestFrame
  | ListFrame
  | CallFrame
  | PingFrame
  | ByeFrame

/** Every frame that a hub may send. */
export type HubFrame =
  | WelcomeFrame
  | SentFrame
  | DeliverFrame
  | ReceiptFrame
  | MembershipAnswer
  | PresenceFrame
  | ListedFrame
  | CallFrame
  | PingFrame
  | ErrorFrame
  | GoawayFrame

/** Any frame. */
export type Frame = ClientFrame | HubFrame

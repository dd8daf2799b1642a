import type { Envelope } from './envelope.ts'
import type { ErrorCode } from './errors.ts'

/** What `stored` survives: nothing, kill -9 of the hub, or loss of power. */
export type Durability = 'memory' | 'process' | 'disk'

/** A place in an ordered log. `epoch` changes when the log was lost and begun anew. */
export interface Position {
  readonly epoch: string
  readonly seq: number
}

/** How much an inbox may hold before its owner has acknowledged it. */
export interface InboxLimits {
  /** Default 1,000. */
  readonly messages: number
  /** Default 8 MiB. */
  readonly bytes: number
  /** Default 7 days, in milliseconds. */
  readonly ageMs: number
}

/** The documented inbox limits. Source: spec/protocol.md, "Inbox limits". */
export const defaultInboxLimits: InboxLimits = { messages: 1000, bytes: 8 * 1024 * 1024, ageMs: 7 * 86_400_000 }

/** Which message of which producer this is: the key of duplicate detection. */
export interface ProducerPosition {
  readonly producer: string
  /** Grows by at least one from message to message of one producer. */
  readonly n: number
}

/** One envelope for the inboxes of its recipients. */
export interface Delivery {
  readonly envelope: Envelope
  /** Client ids, each once. With none the envelope only takes a position. */
  readonly recipients: readonly string[]
  /** Given where the sender may send it again and wants that noticed. */
  readonly from?: ProducerPosition
}

/** The memory that a message was refused, so that a resend gets the same answer. */
export interface Refusal {
  readonly from: ProducerPosition
  readonly refusal: ErrorCode
}

/** One entry of a commit. */
export type Append = Delivery | Refusal

/** What became of one append. */
export type AppendOutcome =
  /** `seq` is its position in every inbox; `full` lists the recipients that had no room; `fill` is parallel to the recipients. */
  | {
      readonly state: 'stored'
      readonly seq: number
      readonly full: readonly string[]
      readonly fill: readonly number[]
    }
  /** Accepted before. */
  | { readonly state: 'duplicate' }
  /** Not stored, now or when it came first. */
  | { readonly state: 'refused'; readonly code: ErrorCode }

/** Everything in `inbox` up to and including `seq` has been processed by its owner. */
export interface Acknowledgement {
  readonly inbox: string
  readonly seq: number
}

/** What one commit did; both lists are parallel to its arguments. */
export interface CommitOutcome {
  readonly appends: readonly AppendOutcome[]
  /** How full each acknowledged inbox is now: 0 is empty, 1 is at a limit. */
  readonly fill: readonly number[]
}

/** One envelope in an inbox. */
export interface StoredEnvelope {
  readonly seq: number
  readonly envelope: Envelope
}

/** What an inbox holds. */
export interface InboxState {
  /** The last acknowledged position. */
  readonly position: Position
  readonly messages: number
  readonly bytes: number
}

/**
 * Keeps envelopes for their recipients until they are acknowledged, and remembers per producer what was accepted and
 * refused. An append log with store-wide positions: one envelope has the same `seq` in every inbox.
 */
export interface InboxStore extends AsyncDisposable {
  readonly durability: Durability
  /** Writes a batch, in order, all of it or nothing. It is kept as `durability` promises when the promise resolves. */
  commit(appends: readonly Append[], acknowledgements: readonly Acknowledgement[]): Promise<CommitOutcome>
  /** Up to `limit` envelopes of `inbox` behind position `after`, oldest first, without expired ones. */
  read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]>
  /** What `inbox` holds now; the newest position where it holds nothing. */
  inspect(inbox: string): Promise<InboxState>
  /** The last `n` that was accepted or refused for `producer`; 0 where it is unknown. */
  lastAccepted(producer: string): Promise<number>
}

import type { Envelope } from './envelope.ts'
import type { ErrorCode } from './errors.ts'

/** Which message of which producer this is: the key of duplicate detection. */
export interface ProducerPosition {
  readonly producer: string
  /** Grows by at least one from message to message of one producer. */
  readonly n: number
}

/** How much of the log of one address is kept. What goes beyond either goes, the oldest first. */
export interface LogLimits {
  readonly messages: number
  /** Counted from when the hub accepted a message, in milliseconds. */
  readonly ageMs: number
}

/** What every kind of append that holds an envelope may have. */
interface Origin {
  /** Given where the sender may send it again and wants that noticed. */
  readonly from?: ProducerPosition
  /**
   * The shelf entry that it comes from, by its position. That entry goes in the same commit; where it is gone already,
   * the outcome is `duplicate` and nothing is stored. Where the append is refused, the entry stays.
   */
  readonly takes?: number
  /** The how many-th attempt to have it processed this is, or will be. Default 1. */
  readonly attempt?: number
}

/** One envelope for inboxes, for the log, or for both. With neither it only takes a position. */
export interface Delivery extends Origin {
  readonly envelope: Envelope
  /** Names of inboxes, each once. */
  readonly recipients: readonly string[]
  /** Given where the envelope is also to be kept in the log of `envelope.to`, which is trimmed to these limits. */
  readonly log?: LogLimits
  /** Whether it becomes the retained value of `envelope.to`, or takes that value away. */
  readonly retain?: 'keep' | 'clear'
}

/** One envelope that waits on the shelf for its time. */
export interface Shelving extends Origin {
  readonly envelope: Envelope
  /** In Unix milliseconds. */
  readonly dueAt: number
  /** The inbox that it will go to, where that is settled already. Its place there is kept for it. */
  readonly inbox?: string
}

/** One envelope that nobody could or would process, kept on the shelf to be looked at. */
export interface DeadLetter extends Origin {
  readonly envelope: Envelope
  readonly dead: ErrorCode
  /** The inbox that it was meant for, where it was for one. */
  readonly inbox?: string
}

/** The memory that a message was refused, so that a resend gets the same answer. */
export interface Refusal {
  readonly from: ProducerPosition
  readonly refusal: ErrorCode
}

/** One entry of a commit. */
export type Append = Delivery | Shelving | DeadLetter | Refusal

/** Everything under the cursor `inbox`, up to and including `seq`, has been processed by its owner. */
export interface Acknowledgement {
  /** The name of a cursor: see `cursorName`. */
  readonly inbox: string
  readonly seq: number
}

/** One entry leaves its inbox out of turn. */
export interface Removal {
  readonly inbox: string
  readonly seq: number
  /** Where it goes on the shelf, with a new position: to wait for a time, or as a dead letter. Absent: it is gone. */
  readonly to?:
    | { readonly dueAt: number; readonly attempt: number }
    | { readonly dead: ErrorCode; readonly attempt: number }
}

/** What the hub wants to remember, by kind and key. */
export interface RecordChange {
  readonly kind: string
  readonly key: string
  /** A JSON value; `undefined` removes the record. */
  readonly value: unknown
}

/**
 * What one commit does. It is done in this order: `forget`, `removals`, `acknowledgements`, `unshelve`, `records`,
 * `appends`; and within each in the order of the list. What is given back goes to the shelf before an acknowledgement of
 * something later passes over it.
 */
export interface Batch {
  readonly appends: readonly Append[]
  readonly acknowledgements: readonly Acknowledgement[]
  readonly removals?: readonly Removal[]
  /** Positions of shelf entries to drop. */
  readonly unshelve?: readonly number[]
  readonly records?: readonly RecordChange[]
  /** Cursors to drop, each with the inbox of that name and what waits on the shelf for it; dead letters stay. */
  readonly forget?: readonly string[]
}

/** What became of one append. */
export type AppendOutcome =
  /**
   * `seq` is its position everywhere; `full` lists the recipients that had no room; `fill` is parallel to the
   * recipients, and empty for what went onto the shelf.
   */
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

/** What became of one removal. */
export interface RemovalOutcome {
  /** False where the entry was not there any more; then nothing was done. */
  readonly found: boolean
  /** How full the inbox is now: 0 is empty, 1 is at a limit. */
  readonly fill: number
}

/** What one commit did; the lists are parallel to those of its batch. */
export interface CommitOutcome {
  readonly appends: readonly AppendOutcome[]
  /** How full each acknowledged inbox is now: 0 is empty, 1 is at a limit. */
  readonly fill: readonly number[]
  readonly removals: readonly RemovalOutcome[]
}

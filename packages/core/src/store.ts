import type { Envelope } from './envelope.ts'
import type { ErrorCode } from './errors.ts'
import type { SortedPageOptions } from './sorted-page.ts'
import type { Batch, CommitOutcome } from './store-batch.ts'

/** What `stored` survives: nothing, kill -9 of the hub, or loss of power. */
export type Durability = 'memory' | 'process' | 'disk'

/** A place in an ordered log. `epoch` changes when the log was lost and begun anew. */
export interface Position {
  readonly epoch: string
  readonly seq: number
}

/** How much an inbox may hold before its owner has acknowledged it, with what waits on the shelf for it. */
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

/** How much a store keeps outside the inboxes, over all addresses. */
export interface StoreBounds {
  /** Bytes of the log; beyond them the oldest messages are trimmed. Default 256 MiB. */
  readonly logBytes: number
  /** Channels that messages are kept of; those of more are refused with `store_full`. Default 50,000. */
  readonly channels: number
  /** Channels with a retained value; more are refused with `store_full`. Default 10,000. */
  readonly retained: number
  /** Envelopes that wait for a time and have no inbox yet; more are refused with `store_full`. Default 10,000. */
  readonly scheduled: number
  /** Dead letters; beyond them the oldest go. Default 10,000. */
  readonly deadLetters: number
}

/** The documented bounds of a store. */
export const defaultStoreBounds: StoreBounds = {
  logBytes: 256 * 1024 * 1024,
  channels: 50_000,
  retained: 10_000,
  scheduled: 10_000,
  deadLetters: 10_000,
}

/** One envelope in an inbox or in the log. */
export interface StoredEnvelope {
  readonly seq: number
  readonly envelope: Envelope
  /** Which attempt to have it processed this is. Absent for the first. */
  readonly attempt?: number
}

/** What an inbox holds. */
export interface InboxState {
  /**
   * What the cursor of that name was last acknowledged to, kept until it is forgotten. Where it never was: behind it
   * lies everything that the inbox holds, and nothing else.
   */
  readonly position: Position
  /** The last position that the store has given out, to whatever it was. */
  readonly newest: number
  readonly messages: number
  readonly bytes: number
}

/** Which part of the log is wanted: that of one address, or of every channel that matches. */
export type LogQuery = { readonly to: string } | { readonly kind: 'channel'; readonly matches: (to: string) => boolean }

/** One page of the log. */
export interface LogPage {
  /** Oldest first, without expired ones. */
  readonly entries: readonly StoredEnvelope[]
  /** Up to here there is nothing more of what was wanted: where to go on. */
  readonly scanned: number
  /** Positions up to this may be missing, because the log was trimmed; 0 where it never was. */
  readonly trimmed: number
}

/** Which addresses have a log. */
export type LogKind = 'channel' | 'group' | 'all'

/** The log of one address. */
export interface LogInfo {
  readonly to: string
  readonly messages: number
  readonly bytes: number
  /** Position of its newest message … */
  readonly newest: number
  /** … and when the hub accepted that, in Unix milliseconds. */
  readonly ts: number
}

/** Which entries of the shelf are wanted. */
export interface ShelfQuery {
  readonly kind: 'scheduled' | 'dead'
  /** Only those that are due at this time or before, in Unix milliseconds. */
  readonly until?: number
  /** Only those of this inbox. */
  readonly inbox?: string
  /** Only those behind this position. */
  readonly after?: number
  readonly limit: number
}

/** One envelope on the shelf. */
export interface ShelfEntry {
  readonly seq: number
  readonly envelope: Envelope
  readonly inbox?: string
  /** Of one that waits: the attempt that it will be; of a dead letter: the one that was the last. */
  readonly attempt: number
  /** Of one that waits, in Unix milliseconds. */
  readonly dueAt?: number
  /** Of a dead letter: why. */
  readonly dead?: ErrorCode
  /** When it came onto the shelf, in Unix milliseconds. */
  readonly at: number
}

/** One entry of an inbox that has passed its time. */
export interface ExpiredEntry {
  readonly inbox: string
  readonly seq: number
  readonly envelope: Envelope
  readonly attempt: number
}

/** What is remembered under one key. */
export interface RecordEntry {
  readonly key: string
  readonly value: unknown
}

/**
 * Keeps envelopes until they are processed: in inboxes, in a log that many read, as retained values, and on a shelf
 * for those that wait. It also remembers per producer what was accepted and refused, and records of the hub.
 * One count of positions goes through all of it: one envelope has the same `seq` in every inbox and in the log.
 */
export interface InboxStore extends AsyncDisposable {
  readonly durability: Durability
  /**
   * Writes a batch, all of it or nothing: where the promise rejects, the store is as before. It is kept as
   * `durability` promises when the promise resolves.
   * Bodies may be views of much larger buffers: a store copies what it keeps in memory.
   */
  commit(batch: Batch): Promise<CommitOutcome>
  /** Up to `limit` envelopes of `inbox` behind position `after`, oldest first, without expired ones. */
  read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]>
  /** Up to `limit` envelopes of the log behind position `after`. */
  readLog(wanted: LogQuery, after: number, limit: number): Promise<LogPage>
  /**
   * The position behind which the newest `count` of what is wanted lie, without expired ones; 0 where there are fewer.
   * `count` is at least 1. It reads no envelopes, however large they are.
   */
  behindLast(wanted: LogQuery, count: number): Promise<number>
  /** The logs of this kind that hold something, sorted by address in the order of UTF-16 units. */
  logs(kind: LogKind, page?: SortedPageOptions): Promise<readonly LogInfo[]>
  /** The retained values of the matching addresses, the oldest first, without expired ones. */
  retained(matches: (to: string) => boolean): Promise<readonly StoredEnvelope[]>
  /** What `inbox` holds now, and where its cursor, or any other cursor of that name, is. */
  inspect(inbox: string): Promise<InboxState>
  /** The last `n` that was accepted or refused for `producer`; 0 where it is unknown. */
  lastAccepted(producer: string): Promise<number>
  /** Entries of the shelf, by position. Nothing on the shelf expires: whoever takes an entry looks at its time. */
  shelf(query: ShelfQuery): Promise<readonly ShelfEntry[]>
  /** When the first entry on the shelf is due, in Unix milliseconds; undefined where none waits. */
  nextDue(): Promise<number | undefined>
  /**
   * Up to `limit` entries of inboxes whose time was over at `now` and whose envelope asks for receipts. They are not
   * read or counted any more, and stay here until they are removed. All others vanish silently.
   */
  expired(now: number, limit: number): Promise<readonly ExpiredEntry[]>
  /** The records of a kind whose key begins with `prefix`, sorted by key in the order of UTF-16 units. */
  records(kind: string, prefix?: string): Promise<readonly RecordEntry[]>
  /**
   * Resolves where messages would be stored now, as far as that can be told without one. Default: they always would.
   * @throws PosthouseError (later) `store_failed`, `closed`
   */
  check?(): Promise<void>
}

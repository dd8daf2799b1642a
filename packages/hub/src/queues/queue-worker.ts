import { type Clock, type PosthouseError, type Timer, toPosthouseError } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Link } from '../peers/link.ts'
import type { StreamFeed } from '../routing/feed.ts'
import { Outgoing } from '../routing/outgoing.ts'
import type { Candidate } from './free-workers.ts'
import type { QueueEntry } from './lane.ts'

/** The queue as one of its workers sees it. */
export interface WorkSource {
  /** Name of the stream. */
  readonly stream: string
  /** True where there is, or may be, something to do. */
  readonly promising: boolean
  /** True once the hub ends: nothing is waited for any more. */
  readonly closed: boolean
  /** The worker can take more, or cannot any more. */
  changed(worker: QueueWorker): void
  /** A message is done. */
  processed(entry: QueueEntry): void
  /** A message was not processed, and another worker should get it now. */
  lost(entry: QueueEntry): void
  /** A message was not processed, and should come again after so many milliseconds; by its attempts where none are named. */
  returned(entry: QueueEntry, delayMs: number | undefined): void
  /** A message cannot be said in the worker's dialect. */
  unsayable(entry: QueueEntry, error: PosthouseError): void
  /** The worker is one no longer. */
  left(worker: QueueWorker): void
}

/** What a worker needs. */
export interface QueueWorkerOptions {
  readonly record: ClientRecord
  readonly source: WorkSource
  readonly prefetch: number
  readonly clock: Clock
  /** For how long it keeps what it has while its connection is lost. */
  readonly leaseMs: number
}

/** A client that works for a queue, and what it was given and has not processed. Spec: 4.7. */
export class QueueWorker implements StreamFeed, Candidate {
  readonly record: ClientRecord
  readonly position = 0
  readonly #options: QueueWorkerOptions
  readonly #held = new Map<number, QueueEntry>()
  /** What it has and was not sent on this connection yet. */
  #unsent: QueueEntry[] = []
  #prefetch: number
  #link: Link | undefined
  #lease: Timer | undefined

  constructor(options: QueueWorkerOptions) {
    this.record = options.record
    this.#options = options
    this.#prefetch = options.prefetch
  }

  /** Messages that it may have at a time. */
  get prefetch(): number {
    return this.#prefetch
  }

  set prefetch(most: number) {
    this.#prefetch = most
    this.#options.source.changed(this)
  }

  get busy(): number {
    return this.#held.size
  }

  get ready(): boolean {
    return this.#hasRoom && this.#link?.ready === true
  }

  /** The link over which it is there; nothing while its connection is lost. */
  get link(): Link | undefined {
    return this.#link
  }

  get done(): boolean {
    return this.#unsent.length === 0 && !(this.#hasRoom && this.#options.source.promising)
  }

  get #hasRoom(): boolean {
    return this.#unsent.length === 0 && this.#held.size < this.#prefetch
  }

  /** What it has comes again on each new connection. */
  attach(link: Link): void {
    this.#endLease()
    this.#link = link
    this.#unsent = [...this.#held.values()]
    this.wake()
  }

  /** What it has waits for it for a while. */
  detach(link: Link): void {
    if (this.#link !== link) return
    const { clock, leaseMs, source } = this.#options
    this.#link = undefined
    this.#unsent = []
    if (this.#held.size > 0 && !source.closed) this.#lease = clock.after(leaseMs, () => this.#loseAll()).unref()
    source.changed(this)
  }

  wake(): void {
    while (this.#unsent.length > 0 && this.#link?.ready) {
      const entry = this.#unsent.shift()
      if (entry !== undefined && this.#held.has(entry.seq)) this.#send(this.#link, entry)
    }
    this.#options.source.changed(this)
  }

  /** Gives it a message. Only while it is `ready`. */
  give(entry: QueueEntry): void {
    this.#held.set(entry.seq, entry)
    if (this.#link !== undefined) this.#send(this.#link, entry)
  }

  acknowledged(seq: number): void {
    const entry = this.#take(seq)
    if (entry !== undefined) this.#options.source.processed(entry)
    this.#options.source.changed(this)
  }

  returned(seq: number, delayMs: number | undefined): void {
    const entry = this.#take(seq)
    if (entry !== undefined) this.#options.source.returned(entry, delayMs)
    this.#options.source.changed(this)
  }

  /** The client does not work for the queue any more: what it has goes to others at once. */
  end(): void {
    this.#endLease()
    this.#link = undefined
    this.#options.source.left(this)
    this.#loseAll()
  }

  /** The hub ends: nothing is waited for any more. */
  close(): void {
    this.#endLease()
  }

  #take(seq: number): QueueEntry | undefined {
    const entry = this.#held.get(seq)
    this.#held.delete(seq)
    return entry
  }

  #loseAll(): void {
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const entry of held) this.#options.source.lost(entry)
  }

  #endLease(): void {
    this.#lease?.[Symbol.dispose]()
    this.#lease = undefined
  }

  #send(link: Link, entry: QueueEntry): void {
    const { seq, envelope, attempt } = entry
    const { stream } = this.#options.source
    try {
      link.stored(seq, new Outgoing(envelope, seq, stream, attempt), stream)
    } catch (error) {
      this.#held.delete(seq)
      this.#options.source.unsayable(entry, toPosthouseError(error))
    }
  }
}

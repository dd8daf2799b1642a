import { type Clock, systemClock } from './clock.ts'
import { PosthouseError } from './errors.ts'
import { randomHex } from './ids.ts'
import { writeRecord } from './memory-records.ts'
import { MemoryState, weigh } from './memory-state.ts'
import type { SortedPageOptions } from './sorted-page.ts'
import {
  type Durability,
  defaultInboxLimits,
  defaultStoreBounds,
  type ExpiredEntry,
  type InboxLimits,
  type InboxState,
  type InboxStore,
  type LogInfo,
  type LogKind,
  type LogPage,
  type LogQuery,
  type RecordEntry,
  type ShelfEntry,
  type ShelfQuery,
  type StoreBounds,
  type StoredEnvelope,
} from './store.ts'
import type { Batch, CommitOutcome } from './store-batch.ts'

/** Settings of `MemoryInboxStore`. */
export interface MemoryInboxStoreOptions {
  readonly limits?: Partial<InboxLimits>
  readonly bounds?: Partial<StoreBounds>
  /** Producers remembered for duplicate detection; the one unused for longest is forgotten first. Default 10,000. */
  readonly producers?: number
  readonly clock?: Clock
}

/** An inbox store in this process' memory: fast, and gone when the process ends. */
export class MemoryInboxStore implements InboxStore {
  readonly durability: Durability = 'memory'
  readonly #clock: Clock
  readonly #epoch = randomHex(8)
  readonly #state: MemoryState
  #closed = false

  constructor(options: MemoryInboxStoreOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#state = new MemoryState({
      limits: { ...defaultInboxLimits, ...options.limits },
      bounds: { ...defaultStoreBounds, ...options.bounds },
      producers: options.producers ?? 10_000,
    })
  }

  async commit(batch: Batch): Promise<CommitOutcome> {
    const state = this.#open()
    const now = this.#clock.now()
    // What may fail comes before anything is changed.
    const appends = batch.appends.map(weigh)
    const records = (batch.records ?? []).map(writeRecord)
    for (const name of batch.forget ?? []) state.forget(name)
    const removals = batch.removals ?? []
    const found = removals.map((removal) => state.remove(removal, now))
    // Before the appends: they make the room that an append of the same batch may need.
    for (const { inbox, seq } of batch.acknowledgements) state.acknowledge(inbox, seq)
    for (const seq of batch.unshelve ?? []) state.unshelve(seq)
    for (const record of records) state.records.change(record)
    return {
      appends: appends.map((append) => state.append(append, now)),
      fill: batch.acknowledgements.map(({ inbox }) => state.fill(inbox, now)),
      removals: removals.map(({ inbox }, index) => ({ found: found[index] === true, fill: state.fill(inbox, now) })),
    }
  }

  async read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]> {
    return this.#open().current(inbox, this.#clock.now())?.after(after, limit) ?? []
  }

  async readLog(wanted: LogQuery, after: number, limit: number): Promise<LogPage> {
    const { log, newest } = this.#open()
    return log.page(wanted, after, limit, { now: this.#clock.now(), newest })
  }

  async behindLast(wanted: LogQuery, count: number): Promise<number> {
    return this.#open().log.behindLast(wanted, count, this.#clock.now())
  }

  async logs(kind: LogKind, page?: SortedPageOptions): Promise<readonly LogInfo[]> {
    return this.#open().log.list(kind, this.#clock.now(), page)
  }

  async retained(matches: (to: string) => boolean): Promise<readonly StoredEnvelope[]> {
    return this.#open().retained.list(matches, this.#clock.now())
  }

  async inspect(inbox: string): Promise<InboxState> {
    const state = this.#open()
    const found = state.current(inbox, this.#clock.now())
    return {
      position: { epoch: this.#epoch, seq: state.position(inbox) },
      newest: state.newest,
      messages: found?.messages ?? 0,
      bytes: found?.bytes ?? 0,
    }
  }

  async lastAccepted(producer: string): Promise<number> {
    return this.#open().producers.last(producer)
  }

  async shelf(query: ShelfQuery): Promise<readonly ShelfEntry[]> {
    return this.#open().shelf.query(query)
  }

  async nextDue(): Promise<number | undefined> {
    return this.#open().shelf.nextDue
  }

  async expired(now: number, limit: number): Promise<readonly ExpiredEntry[]> {
    return this.#open().expired(now, limit)
  }

  async records(kind: string, prefix = ''): Promise<readonly RecordEntry[]> {
    return this.#open().records.list(kind, prefix)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#state.clear()
  }

  #open(): MemoryState {
    if (this.#closed) throw new PosthouseError('closed', 'the memory inbox store was closed')
    return this.#state
  }
}

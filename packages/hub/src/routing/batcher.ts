import {
  type Append,
  type Clock,
  type CommitOutcome,
  type DeadLetter,
  type InboxState,
  type InboxStore,
  type Logger,
  PosthouseError,
  type RecordChange,
  type Removal,
  type Timer,
} from '@posthouse/core'
import type { Tally } from '../stats/tally.ts'
import {
  type AppendListener,
  attempt,
  isUrgent,
  PendingBatch,
  type RecordListener,
  type RemovalListener,
} from './pending-batch.ts'

/** How long acknowledgements wait for company when nothing else is to be stored. */
const defaultPatienceMs = 5
/** How long what failed and nobody waits for is left alone when nothing else is to be stored. */
const retryMs = 1000

/** Told how full an inbox is after something has gone from it. */
type FillListener = (inbox: string, fill: number) => void

/** What a batcher needs. */
export interface BatcherOptions {
  readonly store: InboxStore
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  readonly onFill: FillListener
  /** Called when a batch and everything that it caused is done. */
  readonly onSettled: () => void
  /** True while somebody waits for an inbox to drain: then acknowledgements do not wait for company. */
  readonly isAwaited?: () => boolean
  /** How long acknowledgements wait for company, in milliseconds. Default 5. */
  readonly patienceMs?: number
}

/**
 * Gathers what a tick wants to store into one commit; the next begins when the last is done, so order is kept. What is
 * handed in without a pause is stored together or not at all. What has a listener fails with its commit and is not tried
 * again; what has none is, with whatever comes next, or after a second.
 */
export class Batcher {
  readonly #options: BatcherOptions
  #batch = new PendingBatch()
  #committing: PendingBatch | undefined
  #running: Promise<void> | undefined
  /** When the first entry of the batch came. */
  #since = 0
  /** Ends the wait of acknowledgements for company. */
  #wake: (() => void) | undefined
  /** Set while what failed waits to be tried again. */
  #retry: Timer | undefined
  /** How many wait for everything to be committed. */
  #flushing = 0
  /** True where something came in since the last commit began or failed. */
  #fresh = false

  constructor(options: BatcherOptions) {
    this.#options = options
  }

  /** Has an entry committed with this tick's batch. */
  append(entry: Append, listener: AppendListener): void {
    this.#noteAppend()
    this.#batch.append(entry, listener, false)
    this.#hurry()
  }

  /** The same for an entry that, where the store fails, is tried again in one commit with what it was handed in with. */
  appendLasting(entry: Append, listener: AppendListener): void {
    this.#noteAppend()
    this.#batch.append(entry, listener, true)
    this.#hurry()
  }

  /** Has an entry that was in no inbox committed as a dead letter. */
  bury(letter: DeadLetter): void {
    this.#options.tally.deadLetters.add(letter.dead)
    this.append(letter, () => undefined)
  }

  /** Has an acknowledgement committed with this tick's batch, or a little later where there is nothing else in it. */
  acknowledge(cursor: string, seq: number): void {
    this.#batch.acknowledge(cursor, seq)
    this.#start()
  }

  /** Has an entry taken out of its inbox with this tick's batch; one that was processed may wait as acknowledgements do. */
  remove(removal: Removal, listener?: RemovalListener): void {
    if (removal.to !== undefined && 'dead' in removal.to) this.#options.tally.deadLetters.add(removal.to.dead)
    this.#batch.remove(removal, listener)
    if (isUrgent(removal, listener)) this.#hurry()
    else this.#start()
  }

  /** Has a record changed with this tick's batch. Without a listener an older change of it is never written after this. */
  record(change: RecordChange, listener?: RecordListener): void {
    this.#batch.record(change, { listener, lasting: listener === undefined })
    this.#hurry()
  }

  /** The same where somebody is told what became of it: where the store fails, it is in whatever the store takes next. */
  recordLasting(change: RecordChange, listener: RecordListener): void {
    this.#batch.record(change, { listener, lasting: true })
    this.#hurry()
  }

  /** Has an entry dropped from the shelf with this tick's batch. */
  unshelve(seq: number): void {
    this.#batch.unshelve(seq)
    this.#hurry()
  }

  /** Has a cursor dropped with this tick's batch, and the inbox of that name with what was in it before. */
  forget(cursor: string): void {
    this.#batch.forget(cursor)
    this.#hurry()
  }

  /**
   * What the store says of an inbox or a cursor, with the position that was acknowledged here, be it committed or not: who
   * connects again at once must not get again what he has just acknowledged.
   */
  async inspect(cursor: string): Promise<InboxState> {
    const pending = this.#acknowledged(cursor)
    const state = await this.#options.store.inspect(cursor)
    const seq = Math.min(Math.max(state.position.seq, pending, this.#acknowledged(cursor)), state.newest)
    return { ...state, position: { ...state.position, seq } }
  }

  /** Resolves when everything that was handed in until now was committed, or has failed. */
  async committed(): Promise<void> {
    if (this.#batch.empty && this.#committing === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#batch.wait(resolve)
    this.#hurry()
    await promise
  }

  /** Resolves when everything that was handed in has been committed. */
  async settled(): Promise<void> {
    this.#flushing++
    this.#wake?.()
    if (this.#retry !== undefined) this.#begin()
    try {
      while (this.#running !== undefined) await this.#running
    } finally {
      this.#flushing--
    }
  }

  #noteAppend(): void {
    if (this.#batch.appends.length === 0) this.#since = this.#options.clock.elapsed()
  }

  #acknowledged(cursor: string): number {
    return Math.max(this.#batch.acknowledged(cursor), this.#committing?.acknowledged(cursor) ?? 0)
  }

  #hurry(): void {
    this.#wake?.()
    this.#start()
  }

  #start(): void {
    this.#fresh = true
    this.#begin()
  }

  #begin(): void {
    this.#retry?.[Symbol.dispose]()
    this.#retry = undefined
    this.#running ??= this.#run()
  }

  /** Tries again later what failed. Who waits for everything to be committed has tried it, and goes on. */
  #rest(): void {
    if (this.#batch.empty || this.#flushing > 0) return
    this.#retry = this.#options.clock.after(retryMs, () => this.#begin()).unref()
  }

  async #run(): Promise<void> {
    await endOfTick()
    while (!this.#batch.empty) {
      if (this.#isPatient()) {
        await this.#company()
        await endOfTick()
      }
      const batch = this.#batch
      const since = this.#since
      this.#batch = new PendingBatch()
      this.#fresh = false
      this.#committing = batch
      const outcome = await this.#write(batch)
      this.#committing = undefined
      if (outcome instanceof PosthouseError) this.#fail(batch, outcome)
      else this.#finish(batch, outcome, since)
      attempt(this.#options.onSettled, this.#complain)
      if (outcome instanceof PosthouseError && !this.#fresh) break
    }
    this.#running = undefined
    this.#rest()
  }

  #isPatient(): boolean {
    return this.#batch.unhurried && this.#flushing === 0 && !this.#options.isAwaited?.()
  }

  async #company(): Promise<void> {
    const { clock, patienceMs = defaultPatienceMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    using _timer = clock.after(patienceMs, resolve)
    await promise
    this.#wake = undefined
  }

  #finish(batch: PendingBatch, outcome: CommitOutcome, since: number): void {
    batch.done(outcome, this.#complain)
    const { onFill, tally, clock } = this.#options
    if (batch.appends.length > 0) tally.acceptMs.observe(clock.elapsed() - since)
    for (const [inbox, fill] of batch.fills(outcome)) attempt(() => onFill(inbox, fill), this.#complain)
  }

  #fail(batch: PendingBatch, error: PosthouseError): void {
    // What waits behind must not be stored before what failed is sent again: the store would call that a duplicate.
    const behind = this.#batch
    this.#batch = new PendingBatch()
    this.#fresh = false
    this.#batch.retry(batch)
    this.#batch.retry(behind)
    batch.failed(error, this.#complain)
    behind.failed(error, this.#complain)
  }

  async #write(batch: PendingBatch): Promise<CommitOutcome | PosthouseError> {
    const { store, clock, tally, logger } = this.#options
    const { length } = batch.appends
    const startedAt = clock.elapsed()
    try {
      const outcome = await store.commit(batch.written())
      tally.storeCommits++
      tally.storeAppends += length
      tally.storeCommitMs.observe(clock.elapsed() - startedAt)
      if (length > 0) tally.storeBatch.observe(length)
      return outcome
    } catch (cause) {
      tally.storeFailures++
      logger.error('the store failed', { error: cause })
      return new PosthouseError('store_failed', 'the message could not be stored', { cause })
    }
  }

  /** What goes wrong for one message concerns neither the others of its batch nor the batches behind it. */
  readonly #complain = (error: unknown): void => {
    this.#options.logger.error('what followed a commit failed', { error })
  }
}

function endOfTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

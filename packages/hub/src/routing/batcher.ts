import {
  type Acknowledgement,
  type Append,
  type AppendOutcome,
  type Clock,
  type CommitOutcome,
  type InboxStore,
  type Logger,
  PosthouseError,
} from '@posthouse/core'
import type { Tally } from '../stats/tally.ts'

/** Told what became of an append; an error where the store failed. */
export type AppendListener = (outcome: AppendOutcome | PosthouseError) => void

/** Told how full an inbox is after an acknowledgement. */
type FillListener = (inbox: string, fill: number) => void

interface Batch {
  readonly appends: Append[]
  readonly listeners: AppendListener[]
  readonly acknowledgements: Map<string, number>
}

/** What a batcher needs. */
export interface BatcherOptions {
  readonly store: InboxStore
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  readonly onFill: FillListener
  /** Called when a batch and everything that it caused is done. */
  readonly onSettled: () => void
}

/** Gathers what a tick wants to store into one commit; the next begins when the last is done, so order is kept. */
export class Batcher {
  readonly #options: BatcherOptions
  #batch: Batch = emptyBatch()
  #running: Promise<void> | undefined

  constructor(options: BatcherOptions) {
    this.#options = options
  }

  /** Has an entry committed with this tick's batch. */
  append(entry: Append, listener: AppendListener): void {
    this.#batch.appends.push(entry)
    this.#batch.listeners.push(listener)
    this.#running ??= this.#run()
  }

  /** Has an acknowledgement committed with this tick's batch. */
  acknowledge(inbox: string, seq: number): void {
    const known = this.#batch.acknowledgements.get(inbox) ?? 0
    this.#batch.acknowledgements.set(inbox, Math.max(known, seq))
    this.#running ??= this.#run()
  }

  /** Resolves when everything that was handed in has been committed. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#batch.appends.length > 0 || this.#batch.acknowledgements.size > 0) {
      const batch = this.#batch
      this.#batch = emptyBatch()
      const done = await this.#commit(batch)
      this.#tell(this.#options.onSettled)
      if (!done && this.#batch.appends.length === 0) break
    }
    this.#running = undefined
  }

  async #commit(batch: Batch): Promise<boolean> {
    const acknowledgements = [...batch.acknowledgements].map(([inbox, seq]) => ({ inbox, seq }))
    const outcome = await this.#write(batch.appends, acknowledgements)
    const failed = outcome instanceof PosthouseError
    // What waits behind must not be stored before what failed is sent again: the store would call that a duplicate.
    if (failed) this.#failToo(batch)
    const lost = new PosthouseError('internal', 'the store gave no outcome')
    for (const [index, listener] of batch.listeners.entries()) {
      this.#tell(() => listener(failed ? outcome : (outcome.appends[index] ?? lost)))
    }
    if (failed) return false
    for (const [index, { inbox }] of acknowledgements.entries()) {
      this.#tell(() => this.#options.onFill(inbox, outcome.fill[index] ?? 0))
    }
    return true
  }

  #failToo(batch: Batch): void {
    const behind = this.#batch
    this.#batch = emptyBatch()
    batch.listeners.push(...behind.listeners)
    // Acknowledgements are tried again with whatever comes next.
    for (const { acknowledgements } of [batch, behind]) {
      for (const [inbox, seq] of acknowledgements) this.#batch.acknowledgements.set(inbox, seq)
    }
  }

  async #write(
    appends: readonly Append[],
    acknowledgements: readonly Acknowledgement[],
  ): Promise<CommitOutcome | PosthouseError> {
    const { store, clock, tally } = this.#options
    const startedAt = clock.elapsed()
    try {
      const outcome = await store.commit({ appends, acknowledgements })
      tally.storeCommits++
      tally.storeAppends += appends.length
      tally.storeCommitMs.observe(clock.elapsed() - startedAt)
      if (appends.length > 0) tally.storeBatch.observe(appends.length)
      return outcome
    } catch (cause) {
      tally.storeFailures++
      this.#options.logger.error('the store failed', { error: cause })
      return new PosthouseError('store_failed', 'the message could not be stored', { cause })
    }
  }

  /** What goes wrong for one message concerns neither the others of its batch nor the batches behind it. */
  #tell(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#options.logger.error('what followed a commit failed', { error })
    }
  }
}

function emptyBatch(): Batch {
  return { appends: [], listeners: [], acknowledgements: new Map() }
}

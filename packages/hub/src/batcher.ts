import { type Append, type AppendOutcome, type InboxStore, type Logger, PosthouseError } from '@posthouse/core'

/** Told what became of an append; an error where the store failed. */
export type AppendListener = (outcome: AppendOutcome | PosthouseError) => void

/** Told how full an inbox is after an acknowledgement. */
export type FillListener = (inbox: string, fill: number) => void

interface Batch {
  readonly appends: Append[]
  readonly listeners: AppendListener[]
  readonly acknowledgements: Map<string, number>
}

/** What a batcher needs. */
export interface BatcherOptions {
  readonly store: InboxStore
  readonly logger: Logger
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
      await this.#commit(batch)
      this.#options.onSettled()
    }
    this.#running = undefined
  }

  async #commit(batch: Batch): Promise<void> {
    const acknowledgements = [...batch.acknowledgements].map(([inbox, seq]) => ({ inbox, seq }))
    try {
      const { appends, fill } = await this.#options.store.commit(batch.appends, acknowledgements)
      const lost = new PosthouseError('internal', 'the store gave no outcome')
      for (const [index, listener] of batch.listeners.entries()) listener(appends[index] ?? lost)
      for (const [index, { inbox }] of acknowledgements.entries()) this.#options.onFill(inbox, fill[index] ?? 0)
    } catch (cause) {
      this.#options.logger.error('the store failed', { error: cause })
      const error = new PosthouseError('store_failed', 'the message could not be stored', { cause })
      for (const listener of batch.listeners) listener(error)
    }
  }
}

function emptyBatch(): Batch {
  return { appends: [], listeners: [], acknowledgements: new Map() }
}

import type { Clock, Logger, PosthouseError } from '@posthouse/core'
import { backoffMs } from '../delivery/backoff.ts'
import { mostAttempts } from '../delivery/returns.ts'
import type { ShelfClock } from '../delivery/shelf-clock.ts'
import type { Batcher } from '../routing/batcher.ts'
import type { Tally } from '../stats/tally.ts'
import type { QueueEntry } from './lane.ts'
import type { QueueOutcomes } from './work-queue.ts'

/** What the ends of messages in queues need. */
export interface QueueReturnsOptions {
  readonly batcher: Pick<Batcher, 'remove' | 'committed'>
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  readonly shelf: () => Pick<ShelfClock, 'expect'>
}

/** What becomes of a message that a worker was given. Spec: 4.7.14. */
export class QueueReturns implements QueueOutcomes {
  readonly #options: QueueReturnsOptions

  constructor(options: QueueReturnsOptions) {
    this.#options = options
  }

  processed({ inbox, seq }: QueueEntry): void {
    this.#options.batcher.remove({ inbox, seq })
  }

  again(entry: QueueEntry): QueueEntry | undefined {
    const { inbox, seq, attempt } = entry
    if (attempt < mostAttempts) return { ...entry, attempt: attempt + 1 }
    this.#options.batcher.remove({ inbox, seq, to: { dead: 'attempts_exhausted', attempt } })
    return undefined
  }

  returned(entry: QueueEntry, delayMs: number | undefined): void {
    const { batcher, clock, shelf } = this.#options
    const next = this.again(entry)
    if (next === undefined) return
    const { inbox, seq, attempt } = next
    const dueAt = clock.now() + (delayMs ?? backoffMs(entry.attempt))
    batcher.remove({ inbox, seq, to: { dueAt, attempt } })
    void batcher.committed().then(() => shelf().expect(dueAt))
  }

  unsayable(
    { inbox, seq, attempt, envelope }: QueueEntry,
    queue: string,
    { code, message: reason }: PosthouseError,
  ): void {
    const { batcher, logger, tally } = this.#options
    const { from, id } = envelope
    logger.warn("a message cannot be said in its recipient's dialect", { to: queue, from, id, code, reason })
    tally.unsayable++
    batcher.remove({ inbox, seq, to: { dead: code, attempt } })
  }
}

import { type Clock, type Envelope, PosthouseError } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Batcher } from '../routing/batcher.ts'
import { backoffMs } from './backoff.ts'
import { GivenBack } from './given-back.ts'
import type { Receipts } from './receipts.ts'
import type { ShelfClock } from './shelf-clock.ts'

/** A message that was given back so often goes to the dead letters. Spec: 4.5.4. */
export const mostAttempts = 16

/** One message that a client gives back. */
export interface Returned {
  readonly seq: number
  /** Default: its inbox. */
  readonly stream?: string
  /** Default: by the number of the attempt. */
  readonly delayMs?: number
}

/** What returns need. */
export interface ReturnsOptions {
  readonly batcher: Batcher
  readonly clock: Clock
  readonly receipts: Receipts
  readonly shelf: ShelfClock
}

/** Takes back messages that a client could not process: onto the shelf, or to the dead letters. Spec: 4.5. */
export class Returns {
  readonly #options: ReturnsOptions

  constructor(options: ReturnsOptions) {
    this.#options = options
  }

  /** Takes back a message of the client's inbox, which it was delivered and has not acknowledged. */
  take(record: ClientRecord, { seq, delayMs }: Returned): void {
    const { batcher, clock, receipts, shelf } = this.#options
    const { envelope, attempt = 1 } = record.noted?.take(seq) ?? {}
    const inbox = record.id
    record.givenBack ??= new GivenBack()
    record.givenBack.add(seq)
    if (attempt >= mostAttempts) {
      batcher.remove({ inbox, seq, to: { dead: 'attempts_exhausted', attempt } })
      if (envelope !== undefined) receipts.tell(envelope, 'failed', record.address, 'attempts_exhausted')
      return
    }
    const dueAt = clock.now() + (delayMs ?? backoffMs(attempt))
    batcher.remove({ inbox, seq, to: { dueAt, attempt: attempt + 1 } })
    void batcher.committed().then(() => shelf.expect(dueAt))
  }

  /** Keeps a copy of a message of a log for one client, who gets it in its inbox. */
  async keep(envelope: Envelope, inbox: string, delayMs: number | undefined): Promise<void> {
    const { batcher, clock, shelf } = this.#options
    const dueAt = clock.now() + (delayMs ?? backoffMs(1))
    await new Promise<void>((resolve, reject) => {
      batcher.append({ envelope, dueAt, inbox, attempt: 2 }, (outcome) => {
        if (outcome instanceof PosthouseError) {
          reject(outcome)
          return
        }
        shelf.expect(dueAt)
        const full = outcome.state === 'refused' && outcome.code
        if (full) batcher.bury({ envelope, dead: full, inbox })
        resolve()
      })
    })
  }
}

import { type Clock, clientAddress, type InboxStore } from '@posthouse/core'
import type { Registry } from '../clients/registry.ts'
import type { Batcher } from '../routing/batcher.ts'
import type { Receipts } from './receipts.ts'

const pageSize = 256
/** How often is looked where nothing is expected, such as what earlier runs have stored. */
const everyMs = 60_000

const mostExpected = 1000

/** What an expiry needs. */
export interface ExpiryOptions {
  readonly store: InboxStore
  readonly registry: Pick<Registry, 'get'>
  readonly batcher: Batcher
  readonly clock: Clock
  readonly receipts: Receipts
}

/** Tells senders that the time of their messages has run out. Spec: 4.6.1. */
export class Expiry {
  readonly #options: ExpiryOptions
  /** Wall time of the next look. */
  #next = 0
  /** When something expires, in no order; what is beyond their number waits for the next look. */
  #expected: number[] = []

  constructor(options: ExpiryOptions) {
    this.#options = options
  }

  /** The time of a message that wants receipts will run out. */
  expect(expiresAt: number): void {
    if (this.#expected.length < mostExpected) this.#expected.push(expiresAt)
    this.#next = Math.min(this.#next, expiresAt)
  }

  /** Looks, where it is time to. Resolves to the wall time of the next look. */
  async look(): Promise<number> {
    const { store, clock, batcher } = this.#options
    const now = clock.now()
    // A clock that was set back must not make the next look wait for it.
    if (now < this.#next && this.#next <= now + everyMs) return this.#next
    this.#expected = this.#expected.filter((at) => at > now)
    this.#next = Math.min(now + everyMs, ...this.#expected)
    for (let more = true; more; ) {
      const found = await store.expired(now, pageSize)
      const told = found.filter(({ inbox, seq }) => !this.#isUnderWay(inbox, seq))
      for (const { inbox, seq, envelope } of told) {
        batcher.remove({ inbox, seq })
        this.#options.receipts.tell(envelope, 'expired', clientAddress(inbox))
      }
      await batcher.committed()
      more = found.length === pageSize && told.length > 0
    }
    return this.#next
  }

  /** A client that is connected may be about to acknowledge it. */
  #isUnderWay(inbox: string, seq: number): boolean {
    const record = this.#options.registry.get(inbox)
    return record?.link !== undefined && record.noted?.has(seq) === true
  }
}

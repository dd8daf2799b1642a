import type { Clock } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import type { ResolvedRate } from './rates.ts'

/** Counts attempts by network. It remembers a bounded number of them; who came longest ago is forgotten first. */
export class AddressTable {
  readonly #rate: ResolvedRate
  readonly #clock: Clock
  readonly #most: number
  /** In the order of their last attempt. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rate: ResolvedRate, clock: Clock, most: number = 10_000) {
    this.#rate = rate
    this.#clock = clock
    this.#most = most
  }

  /** Networks remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Counts an attempt, and says how many milliseconds the next should wait; 0 where this one was within the rate. */
  attempt(network: string): number {
    const bucket = this.#buckets.get(network) ?? new TokenBucket({ ...this.#rate, clock: this.#clock })
    this.#buckets.delete(network)
    this.#buckets.set(network, bucket)
    if (this.#buckets.size > this.#most) this.#forgetOldest()
    return bucket.take() ? 0 : bucket.waitMs()
  }

  #forgetOldest(): void {
    for (const network of this.#buckets.keys()) {
      this.#buckets.delete(network)
      return
    }
  }
}

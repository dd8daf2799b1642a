import { BusyMap, type Clock, PosthouseError } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import type { Rate } from '../procedure/procedure.ts'

/** So many callers are remembered; the one that called longest ago is forgotten first. */
const mostCallers = 10_000

/** Holds each caller to a rate. */
export class CallerRates {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #buckets = new BusyMap<string, TokenBucket>()

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  /** @throws PosthouseError `rate_limited` */
  take(caller: string): void {
    const bucket = this.#buckets.get(caller) ?? new TokenBucket({ ...this.#rate, clock: this.#clock })
    this.#buckets.delete(caller)
    this.#buckets.set(caller, bucket)
    if (this.#buckets.size > mostCallers) this.#forgetOldest()
    if (bucket.take()) return
    const { perSecond } = this.#rate
    throw new PosthouseError(
      'rate_limited',
      `more than ${perSecond} calls a second; try again in ${bucket.waitMs()} ms`,
    )
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}

import { type Clock, systemClock } from '../clock.ts'

/** Settings of `TokenBucket`. */
export interface TokenBucketOptions {
  /** Tokens that come back per second. */
  readonly perSecond: number
  /** Tokens that a full bucket holds: the largest burst. Default: one second's worth, at least 1. */
  readonly burst?: number
  readonly clock?: Clock
}

/** Refilling adds fractions, whose sum may miss a whole token by a rounding error. */
const roundingError = 1e-9

/** Allows a steady rate with bursts. Holds two numbers and no timer. */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  readonly #clock: Clock
  #tokens: number
  #filledAt: number

  constructor(options: TokenBucketOptions) {
    this.#perMs = options.perSecond / 1000
    this.#burst = options.burst ?? Math.max(1, options.perSecond)
    this.#clock = options.clock ?? systemClock
    this.#tokens = this.#burst
    this.#filledAt = this.#clock.elapsed()
  }

  /** Takes `count` tokens if there are as many, and says whether it did. */
  take(count = 1): boolean {
    this.#fill()
    if (!this.#holds(count)) return false
    this.#tokens -= count
    return true
  }

  /** Takes as many whole tokens as there are, at most `count`, and says how many that were. */
  takeUpTo(count: number): number {
    this.#fill()
    const taken = Math.min(count, Math.max(0, Math.floor(this.#tokens + roundingError)))
    this.#tokens -= taken
    return taken
  }

  /**
   * Takes `count` tokens, also where there are fewer: what is missing is owed. Says for how many whole milliseconds
   * nothing more should be taken, until the debt is paid.
   */
  spend(count: number): number {
    this.#fill()
    this.#tokens -= count
    return this.#tokens >= -roundingError ? 0 : Math.ceil(-this.#tokens / this.#perMs)
  }

  /** Whole milliseconds until `count` tokens will be there; `Infinity` where the bucket can never hold as many. */
  waitMs(count = 1): number {
    this.#fill()
    if (count > this.#burst) return Number.POSITIVE_INFINITY
    return this.#holds(count) ? 0 : Math.ceil((count - this.#tokens) / this.#perMs)
  }

  #holds(count: number): boolean {
    return this.#tokens >= count - roundingError
  }

  #fill(): void {
    const now = this.#clock.elapsed()
    // An endless rate times no time at all is not a number.
    if (now === this.#filledAt) return
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs)
    this.#filledAt = now
  }
}

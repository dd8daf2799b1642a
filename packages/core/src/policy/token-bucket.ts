import { type Clock, systemClock } from '../clock.ts'

/** Settings of `TokenBucket`. */
export interface TokenBucketOptions {
  /** Tokens that come back per second. */
  readonly perSecond: number
  /** Tokens that a full bucket holds: the largest burst. Default: one second's worth, at least 1. */
  readonly burst?: number | undefined
  readonly clock?: Clock | undefined
}

/** Refilling adds fractions, whose sum may miss a whole token by a rounding error. */
const roundingError = 1e-9

/** Allows a steady rate with bursts. Holds two numbers and no timer. */
export class TokenBucket {
  #perMs: number
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
    return count > this.#burst ? Number.POSITIVE_INFINITY : this.#msUntil(count)
  }

  /** Whole milliseconds until the last of `count` tokens can be taken by somebody who takes each as it comes. */
  turnMs(count: number): number {
    this.#fill()
    return this.#msUntil(count)
  }

  /** Gives back `perSecond` tokens a second from now on. */
  setRate(perSecond: number): void {
    this.#fill()
    this.#perMs = perSecond / 1000
  }

  /** Holds nothing now, and gets nothing back for `ms` milliseconds. */
  pause(ms: number): void {
    this.#tokens = Math.min(0, this.#tokens)
    this.#filledAt = Math.max(this.#filledAt, this.#clock.elapsed() + ms)
  }

  #msUntil(count: number): number {
    if (this.#holds(count)) return 0
    const pausedMs = Math.max(0, this.#filledAt - this.#clock.elapsed())
    return Math.ceil(pausedMs + (count - roundingError - this.#tokens) / this.#perMs)
  }

  #holds(count: number): boolean {
    return this.#tokens >= count - roundingError
  }

  #fill(): void {
    const now = this.#clock.elapsed()
    // An endless rate times no time at all is not a number; a pause ends in the future.
    if (now <= this.#filledAt) return
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs)
    this.#filledAt = now
  }
}

/** Settings of `AdaptiveRate`. */
export interface AdaptiveRateOptions {
  readonly most: number
  readonly least: number
  readonly decrease: number
  /** By how much the rate grows in each second. */
  readonly increase: number
  readonly cooldownMs: number
}

/**
 * A rate that falls by a factor when the other side is overloaded, and grows by the same amount each second until it is
 * whole again.
 */
export class AdaptiveRate {
  readonly #options: AdaptiveRateOptions
  #rate: number
  #since = Number.NEGATIVE_INFINITY

  constructor(options: AdaptiveRateOptions) {
    this.#options = options
    this.#rate = options.most
  }

  /** The rate at a moment. */
  at(now: number): number {
    const { most, increase } = this.#options
    return Math.min(most, this.#rate + (increase * (now - this.#since)) / 1000)
  }

  /** Lets the rate fall, unless it fell a moment ago: answers to what was sent together say the same thing. */
  fall(now: number): boolean {
    const { least, decrease, cooldownMs } = this.#options
    if (now - this.#since < cooldownMs) return false
    this.#rate = Math.max(least, this.at(now) * decrease)
    this.#since = now
    return true
  }
}

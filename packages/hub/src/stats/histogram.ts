/** How measured values are distributed. `buckets` are cumulative: each counts the values that are at most `le`. */
export interface HistogramStats {
  readonly count: number
  readonly sum: number
  /** The smallest value; 0 where there is none. */
  readonly min: number
  /** The largest value; 0 where there is none. */
  readonly max: number
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
}

/** A histogram as it is kept; `counts` has one for each bound, not cumulative, and one for what lies above all of them. */
export interface KeptHistogram {
  readonly counts: readonly number[]
  readonly sum: number
  readonly min: number
  readonly max: number
}

/** Counts values in fixed buckets. Observing one allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[]
  /** One for each bound, and one for what lies above all of them. */
  readonly #counts: Float64Array
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  /** @param bounds upper bounds of the buckets, growing, included in their bucket */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    this.#count++
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    let bucket = 0
    for (const bound of this.#bounds) {
      if (value <= bound) break
      bucket++
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  stats(): HistogramStats {
    let count = 0
    const buckets = this.#bounds.map((le, index) => {
      count += this.#counts[index] ?? 0
      return { le, count }
    })
    return { count: this.#count, sum: this.#sum, min: this.#count > 0 ? this.#min : 0, max: this.#max, buckets }
  }

  kept(): KeptHistogram {
    return { counts: [...this.#counts], sum: this.#sum, min: this.#count > 0 ? this.#min : 0, max: this.#max }
  }

  /** Counts what was kept of another one; nothing where that has other buckets. */
  add({ counts, sum, min, max }: KeptHistogram): void {
    const count = counts.reduce((all, each) => all + each, 0)
    if (counts.length !== this.#counts.length || count === 0) return
    for (const [bucket, each] of counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + each
    this.#count += count
    this.#sum += sum
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
  }
}

import type { Clock } from '../clock.ts'

/** Settings of `SlidingWindow`. */
export interface SlidingWindowOptions {
  /** How many may go on within any time of `windowMs`. */
  readonly most: number
  readonly windowMs: number
  readonly clock: Clock
}

/** How many moments that are over may lie before the others, before they are thrown away together. */
const slack = 64

/** Allows at most `most` within any time of `windowMs`, wherever that begins. Holds a number for each that it let go on. */
export class SlidingWindow {
  readonly #most: number
  readonly #windowMs: number
  readonly #clock: Clock
  /** When each of the latest went on; those before `#first` are over. */
  #moments: number[] = []
  #first = 0

  constructor({ most, windowMs, clock }: SlidingWindowOptions) {
    this.#most = most
    this.#windowMs = windowMs
    this.#clock = clock
  }

  /** Whether one more may go on now. */
  get hasRoom(): boolean {
    this.#forget()
    return this.#length < this.#most
  }

  /** Counts one that goes on now. */
  add(): void {
    this.#moments.push(this.#clock.elapsed())
  }

  /** Whole milliseconds until the last of `count` can go on, where each goes on as soon as it can. */
  turnMs(count: number): number {
    this.#forget()
    // Whose end makes room for the last one: of those that have gone on, or of those that go on before it.
    const behind = this.#length + count - this.#most - 1
    if (behind < 0) return 0
    const rounds = Math.max(0, Math.floor((behind - this.#length) / this.#most) + 1)
    const moment = this.#moments[this.#first + behind - rounds * this.#most] ?? this.#clock.elapsed()
    return Math.ceil(moment + (rounds + 1) * this.#windowMs - this.#clock.elapsed())
  }

  get #length(): number {
    return this.#moments.length - this.#first
  }

  #forget(): void {
    const now = this.#clock.elapsed()
    while (this.#first < this.#moments.length && (this.#moments[this.#first] ?? 0) + this.#windowMs <= now)
      this.#first++
    if (this.#first <= slack || this.#first * 2 < this.#moments.length) return
    this.#moments = this.#moments.slice(this.#first)
    this.#first = 0
  }
}

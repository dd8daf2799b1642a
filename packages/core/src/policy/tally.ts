/** The parts of a window, each forgotten as a whole. */
const slots = 10

/**
 * How much happened in the last `windowMs` milliseconds, and how much of it was marked. It forgets a tenth of the window
 * at a time.
 */
export class Tally {
  readonly #slotMs: number
  readonly #totals = new Array<number>(slots).fill(0)
  readonly #marks = new Array<number>(slots).fill(0)
  #total = 0
  #marked = 0
  #slot = Number.NEGATIVE_INFINITY

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots
  }

  /** Counts one more. */
  add(now: number): void {
    const at = this.#moveTo(now)
    this.#totals[at] = (this.#totals[at] ?? 0) + 1
    this.#total++
  }

  /** Marks one of what was counted, or is counted elsewhere. */
  mark(now: number): void {
    const at = this.#moveTo(now)
    this.#marks[at] = (this.#marks[at] ?? 0) + 1
    this.#marked++
  }

  /** What there is now. */
  read(now: number): { readonly total: number; readonly marked: number } {
    this.#moveTo(now)
    return { total: this.#total, marked: this.#marked }
  }

  #moveTo(now: number): number {
    const slot = Math.floor(now / this.#slotMs)
    for (let steps = Math.min(slots, slot - this.#slot); steps > 0; steps--) this.#forget((slot - steps + 1) % slots)
    this.#slot = Math.max(this.#slot, slot)
    return this.#slot % slots
  }

  #forget(at: number): void {
    this.#total -= this.#totals[at] ?? 0
    this.#marked -= this.#marks[at] ?? 0
    this.#totals[at] = 0
    this.#marks[at] = 0
  }
}

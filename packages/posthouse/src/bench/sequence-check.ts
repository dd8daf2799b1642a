/** So many gaps are remembered one by one; what comes late beyond them counts as repeated. */
const maxMissing = 100_000

/** Looks at the numbers of arriving messages, which begin at 0 and grow by 1. */
export class SequenceCheck {
  readonly #missing = new Set<number>()
  #next = 0
  #received = 0
  #repeated = 0
  #disordered = 0

  arrived(seq: number): void {
    if (seq === this.#next) {
      this.#next++
      this.#received++
    } else if (seq > this.#next) this.#skipTo(seq)
    else if (this.#missing.delete(seq)) {
      this.#received++
      this.#disordered++
    } else this.#repeated++
  }

  /** Different messages that came. */
  get received(): number {
    return this.#received
  }

  get repeated(): number {
    return this.#repeated
  }

  /** Messages that came after later ones. */
  get disordered(): number {
    return this.#disordered
  }

  #skipTo(seq: number): void {
    for (let gap = this.#next; gap < seq && this.#missing.size < maxMissing; gap++) this.#missing.add(gap)
    this.#next = seq + 1
    this.#received++
  }
}

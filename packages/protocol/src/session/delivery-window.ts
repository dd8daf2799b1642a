import type { DeliveryBudget } from './delivery-budget.ts'
import type { StreamWindow } from './stream-window.ts'

interface Entry {
  readonly seq: number
  readonly bytes: number
  /** It was taken out of turn, and counts for nothing any more. */
  gone?: true
}

/** What a client was sent of a stream whose acknowledgements are cumulative, and has not acknowledged. Spec: 4.4. */
export class DeliveryWindow implements StreamWindow {
  readonly #budget: DeliveryBudget
  #entries: Entry[] = []
  #head = 0
  #gone = 0
  #newest = 0
  #acknowledged = 0

  constructor(budget: DeliveryBudget) {
    this.#budget = budget
  }

  get size(): number {
    return this.#entries.length - this.#head - this.#gone
  }

  get newest(): number {
    return this.#newest
  }

  restart(acknowledged: number): void {
    while (this.#head < this.#entries.length) this.#pass()
    this.#entries = []
    this.#head = 0
    this.#newest = acknowledged
    this.#acknowledged = acknowledged
  }

  push(seq: number, bytes: number): void {
    this.#entries.push({ seq, bytes })
    this.#budget.take(bytes)
    this.#newest = seq
  }

  /** Takes a cumulative acknowledgement. */
  acknowledge(seq: number): boolean {
    if (seq <= this.#acknowledged) return false
    this.#acknowledged = seq
    for (
      let entry = this.#entries[this.#head];
      entry !== undefined && entry.seq <= seq;
      entry = this.#entries[this.#head]
    ) {
      this.#pass()
    }
    if (this.#head === this.#entries.length) {
      this.#entries = []
      this.#head = 0
    } else if (this.#head > 256) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return true
  }

  release(seq: number): boolean {
    let low = this.#head
    let high = this.#entries.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.seq ?? 0) < seq) low = middle + 1
      else high = middle
    }
    const entry = this.#entries[low]
    if (entry?.seq !== seq || entry.gone) return false
    entry.gone = true
    this.#gone++
    this.#budget.give(entry.bytes)
    return true
  }

  /** The oldest entry is done with. */
  #pass(): void {
    const entry = this.#entries[this.#head++]
    if (entry?.gone) this.#gone--
    else if (entry !== undefined) this.#budget.give(entry.bytes)
  }
}

import type { DeliveryBudget } from './delivery-budget.ts'
import type { StreamWindow } from './stream-window.ts'

/** What a client was sent of a queue, where each message is acknowledged by itself and positions need not grow. Spec: 4.4.5. */
export class SingleWindow implements StreamWindow {
  readonly #budget: DeliveryBudget
  readonly #entries = new Map<number, number>()
  #newest = 0

  constructor(budget: DeliveryBudget) {
    this.#budget = budget
  }

  get size(): number {
    return this.#entries.size
  }

  get newest(): number {
    return this.#newest
  }

  restart(acknowledged: number): void {
    for (const bytes of this.#entries.values()) this.#budget.give(bytes)
    this.#entries.clear()
    this.#newest = acknowledged
  }

  push(seq: number, bytes: number): void {
    this.release(seq)
    this.#entries.set(seq, bytes)
    this.#budget.take(bytes)
    if (seq > this.#newest) this.#newest = seq
  }

  acknowledge(seq: number): boolean {
    return this.release(seq)
  }

  release(seq: number): boolean {
    const bytes = this.#entries.get(seq)
    if (bytes === undefined) return false
    this.#entries.delete(seq)
    this.#budget.give(bytes)
    return true
  }
}

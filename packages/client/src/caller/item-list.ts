import { PosthouseError } from '@posthouse/core'
import type { ItemTaker } from './pending-call.ts'

/** Items that may come before the server is told that more may. */
const window = 1024

/** Collects the items of an answer that is wanted whole. */
export class ItemList implements ItemTaker {
  readonly values: unknown[] = []
  /** Told that more items may come. */
  onCredit: () => void = () => undefined
  #credit = window

  get next(): number {
    return this.values.length
  }

  get credit(): number {
    return this.#credit
  }

  take(n: number, item: unknown): void {
    if (n > this.next) throw new PosthouseError('call_lost', `item ${this.next} of the answer is missing`)
    // One that was sent again, because the connection was lost under it, is there already.
    if (n === this.next) this.values.push(item)
    if (this.#credit - this.next > window / 2) return
    this.#credit = this.next + window
    this.onCredit()
  }

  async room(): Promise<void> {}
}

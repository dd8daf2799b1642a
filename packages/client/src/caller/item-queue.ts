import { PosthouseError } from '@posthouse/core'
import { failureOf } from './call-failure.ts'
import type { CallResponse } from './call-request.ts'
import type { ItemTaker } from './pending-call.ts'

/** Items that may come before the first of them is taken. */
const window = 64
/** Items that are taken before as many more may come. */
const step = 16

/** The items of an answer on their way to the loop over it: what is not taken holds back the server. */
export class ItemQueue implements ItemTaker {
  /** Told that more items may come. */
  onCredit: () => void = () => undefined
  readonly #waiting: unknown[] = []
  #next = 0
  #taken = 0
  #credit = window
  #over = false
  #error: PosthouseError | undefined
  #wake: () => void = () => undefined
  #room: () => void = () => undefined

  get next(): number {
    return this.#next
  }

  get credit(): number {
    return this.#credit
  }

  take(n: number, item: unknown): void {
    // It was sent again, because the connection was lost under it.
    if (n < this.#next) return
    if (n > this.#next) throw new PosthouseError('call_lost', `item ${this.#next} of the answer is missing`)
    this.#next++
    this.#waiting.push(item)
    this.#wake()
  }

  async room(): Promise<void> {
    while (this.#next >= this.#credit && !this.#over) await new Promise<void>((resolve) => (this.#room = resolve))
  }

  /** The answer is whole. One that did not come in items is the only one. */
  end(response: CallResponse): void {
    if (!response.success) this.fail(failureOf(response))
    else if (this.#next === 0 && response.data !== undefined && response.data !== null) this.take(0, response.data)
    this.#finish()
  }

  fail(error: PosthouseError): void {
    this.#error = error
    // Who has given up wants no more of it.
    if (error.code === 'aborted') this.#waiting.length = 0
    this.#finish()
  }

  /** The next item; nothing behind the last one. Those that came before a failure come before it. */
  async shift(): Promise<{ readonly value: unknown } | undefined> {
    while (this.#waiting.length === 0 && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#waiting.length === 0) {
      if (this.#error !== undefined) throw this.#error
      return undefined
    }
    const value = this.#waiting.shift()
    this.#taken++
    if (this.#taken + window - this.#credit >= step) this.#grant()
    return { value }
  }

  #grant(): void {
    this.#credit = this.#taken + window
    this.#room()
    if (!this.#over) this.onCredit()
  }

  #finish(): void {
    this.#over = true
    this.#wake()
    this.#room()
  }
}

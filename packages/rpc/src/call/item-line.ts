import { setImmediate } from 'node:timers/promises'
import { PosthouseError } from '@posthouse/core'
import { mostCredit, type StreamWish } from './incoming-call.ts'

/** Takes the items of a stream. */
export type TakeItem = (n: number, item: unknown) => void

/**
 * The items of a stream on their way to the caller. As many are made as the caller has room for; what it has not taken yet
 * is kept, so that a caller which lost its connection goes on where it was.
 */
export class ItemLine {
  readonly #kept: unknown[] = []
  /** The number of the first that is kept. */
  #first = 0
  /** The number of the first that was not sent to the one who takes now. */
  #unsent = 0
  #credit = 0
  #window = 0
  #take: TakeItem | undefined
  #room: (() => void) | undefined

  /** How many there were so far. */
  get made(): number {
    return this.#first + this.#kept.length
  }

  /** True where the caller has not taken all that was made. */
  get pending(): boolean {
    return this.#kept.length > 0
  }

  /**
   * Sends to this one from now on.
   * @throws PosthouseError `call_lost` where what it wants next is not kept any more
   */
  attach(take: TakeItem, { credit, from }: StreamWish): void {
    if (from < this.#first || from > this.made) {
      throw new PosthouseError('call_lost', `item ${from} is not kept; ${this.#first} to ${this.made} are`)
    }
    this.#take = take
    this.#unsent = from
    this.#window = credit - from
    this.#credit = 0
    this.grant(credit)
  }

  /** Sends to this one no more. */
  detach(take: TakeItem): void {
    if (this.#take === take) this.#take = undefined
  }

  /** The caller takes so many in all. */
  grant(credit: number): void {
    this.#credit = Math.max(this.#credit, credit)
    this.#send()
    if (this.made < this.#credit) this.#room?.()
  }

  /**
   * Resolves when the caller takes one more, or at once.
   * @throws the reason of `signal`, also where that is aborted already: nothing would end the wait then
   */
  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // A caller may take whatever comes; others are to have their turns, and what nobody takes is not kept without end.
    if (this.made < Math.min(this.#credit, this.#unsent + mostCredit)) {
      if (this.made % mostCredit === mostCredit - 1) await setImmediate()
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const aborted = (): void => resolve()
    this.#room = resolve
    signal.addEventListener('abort', aborted)
    await promise
    signal.removeEventListener('abort', aborted)
    this.#room = undefined
    signal.throwIfAborted()
  }

  push(item: unknown): void {
    this.#kept.push(item)
    this.#send()
  }

  #send(): void {
    if (this.#take !== undefined) {
      const end = Math.min(this.made, this.#credit)
      for (; this.#unsent < end; this.#unsent++) this.#take(this.#unsent, this.#kept[this.#unsent - this.#first])
    }
    this.#drop(this.#credit - this.#window)
  }

  #drop(taken: number): void {
    const count = Math.min(taken, this.#unsent) - this.#first
    if (count <= 0) return
    this.#kept.splice(0, count)
    this.#first += count
  }
}

import type { Clock, Timer } from '@posthouse/core'

/**
 * A clock that stands still while a chunk of the network is read: the messages in it have come at one moment, and to ask the
 * machine for the time costs more than some of what is done with a message.
 */
export class HeldClock implements Clock {
  readonly #clock: Clock
  #held = false
  #now: number | undefined
  #elapsed: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    if (!this.#held) return this.#clock.now()
    this.#now ??= this.#clock.now()
    return this.#now
  }

  elapsed(): number {
    if (!this.#held) return this.#clock.elapsed()
    this.#elapsed ??= this.#clock.elapsed()
    return this.#elapsed
  }

  after(ms: number, task: () => void): Timer {
    return this.#clock.after(ms, task)
  }

  /** It is one moment from now on until `release`, within one turn of the event loop. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.#now = undefined
    this.#elapsed = undefined
  }
}

import { type Clock, PosthouseError, type Timer } from '@posthouse/core'

/** Gives a transfer up when nothing moves: a connection whose other end has gone without a word tells nothing of that. */
export class StallGuard implements Disposable {
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #stalled = new AbortController()
  #movedAt: number
  #held = false
  #timer: Timer

  constructor(clock: Clock, idleMs: number, signal: AbortSignal) {
    this.#clock = clock
    this.#idleMs = idleMs
    this.#movedAt = clock.elapsed()
    this.signal = AbortSignal.any([signal, this.#stalled.signal])
    this.#timer = clock.after(idleMs, () => this.#check())
  }

  /** Bytes have moved. */
  moved(): void {
    this.#movedAt = this.#clock.elapsed()
  }

  /** Waits for something of its own accord, which is no standstill. */
  async held(wait: Promise<void>): Promise<void> {
    this.#held = true
    await wait
    this.#held = false
    this.moved()
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
  }

  #check(): void {
    const idle = this.#held ? 0 : this.#clock.elapsed() - this.#movedAt
    if (idle >= this.#idleMs) {
      const reason = new PosthouseError('timeout', `nothing has moved for ${Math.round(idle)} ms`)
      this.#stalled.abort(reason)
    } else this.#timer = this.#clock.after(Math.max(1, this.#idleMs - idle), () => this.#check())
  }
}

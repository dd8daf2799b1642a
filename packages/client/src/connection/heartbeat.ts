import type { Clock, Timer } from '@posthouse/core'

/** How a connection shows that it lives. */
export interface Liveness {
  /** How often this end says something, in milliseconds; never when absent. */
  readonly intervalMs?: number | undefined
  /** How long the other end may be silent, in milliseconds; for ever when absent. */
  readonly timeoutMs?: number
}

/** Says something regularly, and notices silence. One timer, set anew only when it fires. */
export class Heartbeat implements Disposable {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #timeoutMs: number
  readonly #beat: () => void
  readonly #silent: (ms: number) => void
  #heardAt: number
  #beatAt: number
  #timer: Timer | undefined

  constructor(clock: Clock, liveness: Liveness, tasks: { beat(): void; silent(ms: number): void }) {
    this.#clock = clock
    this.#intervalMs = liveness.intervalMs ?? Number.POSITIVE_INFINITY
    this.#timeoutMs = liveness.timeoutMs ?? Number.POSITIVE_INFINITY
    this.#beat = tasks.beat
    this.#silent = tasks.silent
    this.#heardAt = clock.elapsed()
    this.#beatAt = this.#heardAt
    this.#arm(this.#heardAt)
  }

  /** Notes a sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.elapsed()
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
  }

  #arm(now: number): void {
    const next = Math.min(this.#beatAt + this.#intervalMs, this.#heardAt + this.#timeoutMs)
    if (Number.isFinite(next)) this.#timer = this.#clock.after(Math.max(1, next - now), () => this.#due())
  }

  #due(): void {
    const now = this.#clock.elapsed()
    if (now - this.#heardAt >= this.#timeoutMs) {
      this.#silent(now - this.#heardAt)
      return
    }
    if (now - this.#beatAt >= this.#intervalMs) {
      this.#beatAt = now
      this.#beat()
    }
    this.#arm(now)
  }
}

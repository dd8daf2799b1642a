import type { Clock, Timer } from '@posthouse/core'

/** How a connection shows that it lives. */
export interface Liveness {
  /** How often this end says something, in milliseconds; never when absent. */
  readonly intervalMs?: number | undefined
  /** How long the other end may be silent, in milliseconds; for ever when absent. */
  readonly timeoutMs?: number
}

/** What a heartbeat asks of its owner. */
export interface HeartbeatTasks {
  beat(): void
  silent(ms: number): void
}

/** Says something regularly, and notices silence. One timer, set anew only when it fires. */
export class Heartbeat implements Disposable {
  readonly #clock: Clock
  readonly #liveness: Liveness
  readonly #tasks: HeartbeatTasks
  #heardAt: number
  #beatAt: number
  #timer: Timer | undefined

  constructor(clock: Clock, liveness: Liveness, tasks: HeartbeatTasks) {
    this.#clock = clock
    this.#liveness = liveness
    this.#tasks = tasks
    this.#heardAt = this.#beatAt = clock.elapsed()
    this.#check()
  }

  /** Notes a sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.elapsed()
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
  }

  #check(): void {
    const { intervalMs = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY } = this.#liveness
    const now = this.#clock.elapsed()
    const silentMs = now - this.#heardAt
    if (silentMs >= timeoutMs) {
      this.#tasks.silent(silentMs)
      return
    }
    if (now - this.#beatAt >= intervalMs) {
      this.#beatAt = now
      this.#tasks.beat()
    }
    const waitMs = Math.min(this.#beatAt + intervalMs, this.#heardAt + timeoutMs) - now
    if (Number.isFinite(waitMs)) this.#timer = this.#clock.after(Math.max(1, waitMs), () => this.#check())
  }
}

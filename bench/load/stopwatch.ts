import type { Latency } from './job.ts'

/** A timetable of messages, and how late each one arrived. Times that the sender was late itself count, too. */
export class Stopwatch {
  readonly #everyMs: number
  readonly #startMs = performance.now()
  #ignoreUntil = 0
  #us: number[] = []

  constructor(perSecond: number) {
    this.#everyMs = 1000 / perSecond
  }

  /** How many messages are due by now. */
  get due(): number {
    return Math.floor((performance.now() - this.#startMs) / this.#everyMs)
  }

  /** Only messages that are due from now on count. */
  restart(): void {
    this.#ignoreUntil = this.due + 1
    this.#us = []
  }

  /** Messages `from` up to, not including, `to` are there. */
  arrived(from: number, to: number): void {
    const now = performance.now() - this.#startMs
    for (let number = Math.max(from, this.#ignoreUntil); number < to; number++) {
      this.#us.push((now - (number + 1) * this.#everyMs) * 1000)
    }
  }

  result(): Latency {
    return percentiles(this.#us)
  }
}

/** The times that a half, 99 % and 99.9 % did not exceed. */
export function percentiles(us: readonly number[]): Latency {
  const sorted = Float64Array.from(us).sort()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}

/**
 * Calls `task` again and again, between all other events. It keeps a processor busy, because a timer could not keep a
 * timetable of less than a millisecond. Returns how to end it.
 */
export function spin(task: () => void): () => void {
  let on = true
  const turn = (): void => {
    if (!on) return
    task()
    setImmediate(turn)
  }
  turn()
  return () => {
    on = false
  }
}

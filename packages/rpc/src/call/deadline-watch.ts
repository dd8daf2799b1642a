import type { Clock, Timer } from '@posthouse/core'
import type { RunningCall } from './running-call.ts'

/** How late a deadline may be noticed, in milliseconds. */
const stepMs = 20

/** What a watch looks at. */
export interface DeadlineWatchOptions {
  readonly clock: Clock
  /** Calls under way. */
  readonly runs: { values(): Iterable<RunningCall> }
  /** The time of this one is over. */
  readonly over: (run: RunningCall) => void
}

/** Tells when the time of calls is over, with one timer for all of them. Most end long before, and then nothing is to be done. */
export class DeadlineWatch implements Disposable {
  readonly #options: DeadlineWatchOptions
  #timer: Timer | undefined
  /** When it looks next, as `Clock.elapsed()` tells time. */
  #looksAt = Number.POSITIVE_INFINITY

  constructor(options: DeadlineWatchOptions) {
    this.#options = options
  }

  /** Watches a call whose `endsAt` is known, as long as it is among those under way. */
  add({ endsAt }: RunningCall): void {
    if (endsAt < this.#looksAt) this.#wait(endsAt)
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#looksAt = Number.POSITIVE_INFINITY
  }

  #wait(endsAt: number): void {
    const { clock } = this.#options
    this.#timer?.[Symbol.dispose]()
    this.#looksAt = Math.ceil(endsAt / stepMs) * stepMs
    this.#timer = clock.after(Math.max(0, this.#looksAt - clock.elapsed()), () => this.#look()).unref()
  }

  #look(): void {
    const { clock, runs, over } = this.#options
    const now = clock.elapsed()
    let next = Number.POSITIVE_INFINITY
    this.#looksAt = next
    for (const run of [...runs.values()]) {
      if (run.endsAt <= now) over(run)
      else next = Math.min(next, run.endsAt)
    }
    if (next < this.#looksAt) this.#wait(next)
  }
}

import type { Clock, Timer } from '@posthouse/core'

/** Somebody who has deadlines. */
export interface Watched {
  /** The next of them, as the clock's `elapsed()` tells time. It may become a later one, or `Infinity`, without notice. */
  readonly dueAt: number
  /** Where it stands in the list of its watch; -1 while it is not watched. */
  place: number
  /** Called when it is due. */
  onDue(now: number): void
}

/**
 * Calls those whose deadline has come. All share one timer, which is moved only where an earlier deadline appears: to set and
 * clear one for each request takes longer than everything else that is done for its deadlines.
 */
export class Watch {
  readonly clock: Clock
  readonly #watched: Watched[] = []
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** When it looks next, whether or not anybody is due then. A deadline before that has to be told to it. */
  get looksAt(): number {
    return this.#timerAt
  }

  /** Watches somebody until it is told to let go, from the first deadline on. */
  follow(one: Watched): void {
    if (one.place === -1) one.place = this.#watched.push(one) - 1
    if (one.dueAt < this.#timerAt) this.#lookAt(one.dueAt)
  }

  letGo(one: Watched): void {
    const last = this.#watched.at(-1)
    if (one.place === -1 || last === undefined) return
    this.#watched[one.place] = last
    last.place = one.place
    one.place = -1
    this.#watched.pop()
    if (this.#watched.length === 0) this.#rest()
  }

  #rest(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #lookAt(at: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timerAt = at
    this.#timer = this.clock.after(Math.max(0, at - this.clock.elapsed()), this.#look)
  }

  readonly #look = (): void => {
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    // A timer of the machine may be up to a millisecond early.
    const now = this.clock.elapsed() + 1
    // Whoever is called may let go of others.
    for (const one of [...this.#watched]) if (one.place !== -1 && one.dueAt <= now) one.onDue(now)
    const next = this.#watched.reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY)
    if (next < this.#timerAt) this.#lookAt(next)
  }
}

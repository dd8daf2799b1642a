import type { Clock, Timer } from './clock.ts'

/** Something whose time may be over. */
export interface Due {
  /** As `Clock.elapsed()` tells time. */
  readonly endsAt: number
}

/** What a watch looks at. */
export interface DeadlineWatchOptions<Thing extends Due> {
  readonly clock: Clock
  /** All that are watched now. */
  readonly things: { values(): Iterable<Thing> }
  /** The time of this one is over. */
  readonly over: (thing: Thing) => void
  /** How late that may be noticed, in milliseconds. Default 1. */
  readonly stepMs?: number
}

/**
 * Tells when the time of things is over, with one timer for all of them, which lets the process end. Most end long before, and
 * then nothing is to be done.
 */
export class DeadlineWatch<Thing extends Due> implements Disposable {
  readonly #options: DeadlineWatchOptions<Thing>
  readonly #stepMs: number
  #timer: Timer | undefined
  /** When it looks next. */
  #looksAt = Number.POSITIVE_INFINITY

  constructor(options: DeadlineWatchOptions<Thing>) {
    this.#options = options
    this.#stepMs = options.stepMs ?? 1
  }

  /** Watches a thing, as long as it is among `things`. */
  add({ endsAt }: Thing): void {
    if (endsAt < this.#looksAt) this.#wait(endsAt)
  }

  /** Watches nothing any more, until something is added. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#looksAt = Number.POSITIVE_INFINITY
  }

  #wait(endsAt: number): void {
    const { clock } = this.#options
    this.#timer?.[Symbol.dispose]()
    this.#looksAt = Math.ceil(endsAt / this.#stepMs) * this.#stepMs
    this.#timer = clock.after(Math.max(0, this.#looksAt - clock.elapsed()), () => this.#look()).unref()
  }

  #look(): void {
    const { clock, things, over } = this.#options
    const now = clock.elapsed()
    let next = Number.POSITIVE_INFINITY
    this.#looksAt = next
    for (const thing of [...things.values()]) {
      if (thing.endsAt <= now) over(thing)
      else next = Math.min(next, thing.endsAt)
    }
    if (next < this.#looksAt) this.#wait(next)
  }
}

import type { Clock, Timer } from '@posthouse/core'

/** How late a deadline may be noticed, in milliseconds. Spec: 4.8.8. */
const stepMs = 50

/** Tells when the time of things is over, with one timer for all of them: most never see their deadline. */
export class Deadlines<Thing> {
  readonly #clock: Clock
  readonly #over: (thing: Thing) => void
  /** By the step in which they fall due. */
  readonly #steps = new Map<number, Set<Thing>>()
  #timer: Timer | undefined
  #timerStep = Number.POSITIVE_INFINITY

  /** @param over told of each thing whose time is over; it is forgotten by then. */
  constructor(clock: Clock, over: (thing: Thing) => void) {
    this.#clock = clock
    this.#over = over
  }

  /** Watches a thing for `ms` milliseconds, and returns what `delete` needs to find it again. */
  add(thing: Thing, ms: number): number {
    const step = Math.ceil((this.#clock.elapsed() + ms) / stepMs)
    const due = this.#steps.get(step)
    if (due === undefined) this.#steps.set(step, new Set([thing]))
    else due.add(thing)
    if (step < this.#timerStep) this.#arm(step)
    return step
  }

  delete(thing: Thing, step: number): void {
    const due = this.#steps.get(step)
    if (!due?.delete(thing) || due.size > 0) return
    this.#steps.delete(step)
    if (this.#steps.size === 0) this.clear()
  }

  /** Watches nothing any more. */
  clear(): void {
    this.#steps.clear()
    this.#timer?.[Symbol.dispose]()
    this.#timerStep = Number.POSITIVE_INFINITY
  }

  #arm(step: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timerStep = step
    this.#timer = this.#clock.after(step * stepMs - this.#clock.elapsed(), () => this.#look()).unref()
  }

  #look(): void {
    this.#timerStep = Number.POSITIVE_INFINITY
    const now = this.#clock.elapsed() / stepMs
    let next = Number.POSITIVE_INFINITY
    for (const [step, due] of this.#steps) {
      if (step > now) {
        next = Math.min(next, step)
        continue
      }
      this.#steps.delete(step)
      for (const thing of due) this.#over(thing)
    }
    if (next < this.#timerStep) this.#arm(next)
  }
}

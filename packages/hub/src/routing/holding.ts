import type { Clock, Timer } from '@posthouse/core'

/** How long confirmations wait at most. Spec: 4.2. */
const longestHoldMs = 10_000

/** Whose inbox confirmations may wait for. */
export interface Crowded {
  held: Set<() => void> | undefined
}

/** Confirmations that wait for inboxes to drain. */
export class Holding {
  readonly #clock: Clock
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True while one waits. */
  get any(): boolean {
    return this.#count > 0
  }

  /** Runs `go` when every one of `crowded` has drained or left, or after ten seconds. */
  until(crowded: readonly Crowded[], go: () => void): void {
    const waiting = new Set(crowded)
    let timer: Timer | undefined
    const releases = new Map<Crowded, () => void>()
    this.#count++
    const finish = (): void => {
      this.#count--
      timer?.[Symbol.dispose]()
      for (const [record, release] of releases) record.held?.delete(release)
      go()
    }
    for (const record of crowded) {
      const release = (): void => {
        record.held?.delete(release)
        if (waiting.delete(record) && waiting.size === 0) finish()
      }
      releases.set(record, release)
      record.held ??= new Set()
      record.held.add(release)
    }
    timer = this.#clock.after(longestHoldMs, finish).unref()
  }
}

import type { Position } from '@posthouse/core'

/**
 * Turns "this message is done", in any order, into "everything up to here is done", so that an acknowledgement never
 * runs ahead of a handler that still works. Spec: 4.4.
 */
export class AckTracker {
  #position: Position | undefined
  #newest = 0
  /** Arrived on this connection and not acknowledged, in order of seq. */
  #pending: number[] = []
  #done = new Set<number>()

  /** Up to where everything was processed; nothing before the first welcome. */
  get position(): Position | undefined {
    return this.#position
  }

  /** The newest position that arrived on this connection. */
  get newest(): number {
    return this.#newest
  }

  /** A new connection begins here: what was not acknowledged comes again. */
  restart(position: Position | undefined): void {
    this.#position = position
    this.#newest = position?.seq ?? 0
    this.#pending = []
    this.#done.clear()
  }

  /** False for a position that does not grow, which breaks the protocol. */
  arrived(seq: number): boolean {
    if (seq <= this.#newest) return false
    this.#newest = seq
    this.#pending.push(seq)
    return true
  }

  /** Marks a message of this connection as done; returns the position to acknowledge when that has moved on. */
  done(seq: number): number | undefined {
    if (this.#position === undefined || seq <= this.#position.seq) return undefined
    this.#done.add(seq)
    let finished = 0
    for (const next of this.#pending) {
      if (!this.#done.delete(next)) break
      finished++
      this.#position = { epoch: this.#position.epoch, seq: next }
    }
    if (finished > 0) this.#pending = this.#pending.slice(finished)
    return finished > 0 ? this.#position.seq : undefined
  }
}

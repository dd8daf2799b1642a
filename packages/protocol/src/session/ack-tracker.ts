import type { Position } from '@posthouse/core'

/**
 * Turns "this message is done", in any order, into "everything up to here is done", so that an acknowledgement never
 * runs ahead of a handler that still works; in a queue each message is acknowledged by itself. Made anew for each
 * connection: what was not acknowledged comes again. Spec: 4.4.
 */
export class AckTracker {
  readonly #single: boolean | undefined
  #position: Position
  #newest: number
  /** Arrived on this connection and not acknowledged, in order of seq. */
  #pending: number[] = []
  readonly #done = new Set<number>()
  /** Where to go on if this connection ends now, once something was given back on it. */
  #resumeAt: Position | undefined

  /** @param single the stream is that of a queue */
  constructor(position: Position, single?: boolean) {
    this.#position = position
    this.#newest = position.seq
    this.#single = single
  }

  /** Up to where everything was processed, or given back before this connection. */
  get position(): Position {
    return this.#resumeAt ?? this.#position
  }

  /** The newest position that arrived on this connection. */
  get newest(): number {
    return this.#newest
  }

  /** False for a position that does not grow, which breaks the protocol. */
  arrived(seq: number): boolean {
    if (this.#single) return true
    if (seq <= this.#newest) return false
    this.#newest = seq
    this.#pending.push(seq)
    return true
  }

  /** A message is given back, which the hub may never hear of: nothing from here on is known to be processed. Spec: 4.5.2. */
  hold(): void {
    this.#resumeAt ??= this.#position
  }

  /** Marks a message of this connection as done; returns the position to acknowledge when that has moved on. */
  done(seq: number): number | undefined {
    if (this.#single) return seq
    if (seq <= this.#position.seq) return undefined
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

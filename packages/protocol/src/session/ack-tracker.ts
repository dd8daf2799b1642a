import type { Position } from '@posthouse/core'
import { isQueueStream } from '../frame/frames.ts'

/**
 * Turns "this message is done", in any order, into "everything up to here is done", so that an acknowledgement never
 * runs ahead of a handler that still works; in a queue each message is acknowledged by itself. Made anew for each
 * connection: what was not acknowledged comes again. Spec: 4.4.
 */
export class AckTracker {
  readonly stream: string
  readonly #single: boolean
  #position: Position
  #newest: number
  /** Arrived on this connection and not acknowledged, in order of seq. */
  readonly #pending: number[] = []
  readonly #done = new Set<number>()
  /** Where to go on if this connection ends now, once something was given back on it. */
  #resumeAt: Position | undefined

  constructor(position: Position, stream: string) {
    this.#position = position
    this.#newest = position.seq
    this.stream = stream
    this.#single = isQueueStream(stream)
  }

  /** Up to where everything was processed, or given back before this connection. */
  get position(): Position {
    return this.#resumeAt ?? this.#position
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
    let newest: number | undefined
    while (this.#done.delete(this.#pending[0] ?? -1)) newest = this.#pending.shift()
    if (newest !== undefined) this.#position = { ...this.#position, seq: newest }
    return newest
  }
}

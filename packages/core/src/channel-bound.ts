import { isLogKind } from './wanted-logs.ts'

/** Where there is no room it is looked so often, in milliseconds, whether there is by now. */
const sweepMs = 1000

/** Counts the channels that a store keeps something of, up to as many as there may be. */
export class ChannelBound {
  readonly #most: number
  /** Some of them hold perhaps only what is too old. */
  #held = 0
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(most: number) {
    this.#most = most
  }

  /** The log of an address holds something from now on, or nothing any more. */
  count(to: string, change: 1 | 0 | -1): void {
    if (isLogKind(to, 'channel')) this.#held += change
  }

  /**
   * True where something can be kept of one more: of a channel that holds nothing yet. `sweep` drops what is too old.
   * Logs of groups and of `all` are bounded elsewhere.
   */
  hasRoom(to: string, now: number, sweep: () => void): boolean {
    if (this.#held < this.#most || !isLogKind(to, 'channel')) return true
    if (now >= this.#sweptAt && now < this.#sweptAt + sweepMs) return false
    this.#sweptAt = now
    sweep()
    return this.#held < this.#most
  }
}

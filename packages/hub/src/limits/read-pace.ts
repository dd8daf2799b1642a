import type { Clock, Timer } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import type { Limits } from '@posthouse/protocol'
import type { Connection } from '../door/connection.ts'
import type { Allowances } from './rates.ts'

/** What a pace needs. */
export interface ReadPaceOptions {
  readonly clock: Clock
  readonly connection: Connection
  readonly allowances: Allowances
  readonly limits: Pick<Limits, 'inFlight'>
  /** Told when the peer is slowed down for the first time. */
  readonly onSlowed: () => void
}

/**
 * Stops reading a peer whose dialect has no words for "slow down", for as long as it is ahead of its rates or the hub
 * behind with storing. TCP then slows it down, and nothing is lost. Spec: 6.7, 9.8.
 */
export class ReadPace {
  readonly #options: ReadPaceOptions
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  #timer: Timer | undefined
  /** Messages that the hub has not stored or refused yet. */
  #underWay = 0
  #busy = false
  #slowed = false

  constructor(options: ReadPaceOptions) {
    this.#options = options
    const { clock, allowances } = options
    this.#messages = new TokenBucket({ ...allowances.messages, clock })
    this.#bytes = new TokenBucket({ ...allowances.bytes, clock })
  }

  /** True while nothing is read: the peer cannot show that it lives. */
  get paused(): boolean {
    return this.#busy || this.#timer !== undefined
  }

  /** One message of so many bytes was read. */
  read(bytes: number): void {
    const waitMs = Math.max(this.#messages.spend(1), this.#bytes.spend(bytes))
    if (waitMs === 0 || this.#timer !== undefined) return
    const { clock, connection, onSlowed } = this.#options
    if (!this.#slowed) onSlowed()
    this.#slowed = true
    connection.pause()
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined
      this.#resume()
    })
  }

  /** A message is to be stored. The dialect has no window: with too many of them under way nothing is read. */
  began(): void {
    this.#underWay++
    if (this.#underWay !== this.#options.limits.inFlight) return
    this.#busy = true
    this.#options.connection.pause()
  }

  /** A message was stored or refused. */
  settled(): void {
    this.#underWay--
    if (this.#underWay !== Math.floor(this.#options.limits.inFlight / 2)) return
    this.#busy = false
    this.#resume()
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
  }

  #resume(): void {
    if (!this.paused) this.#options.connection.resume()
  }
}

import type { Clock, Timer } from '@posthouse/core'
import type { ResolvedLimits } from './socket-limits.ts'

/** What a heartbeat looks at, and whom it tells. */
export interface Beating {
  readonly clock: Clock
  readonly limits: Pick<ResolvedLimits, 'pingAfter' | 'pongWithin' | 'idle'>
  /** Grows with all that comes from the peer. */
  received(): number
  /** Grows with all that the network has taken from us. */
  taken(): number
  /** Output waits for the peer to read. */
  congested(): boolean
  /** Grows with each message of the peer. */
  messages(): number
  /** False while we do not read: nothing can be heard then. */
  listening(): boolean
  ping(): void
  /** The peer has not answered. */
  dead(): void
  /** The peer is there and has said nothing for longer than it may. */
  idle(): void
}

/** Finds out whether a silent peer is still there. It costs nothing for each message: it looks at counters now and then. */
export class Heartbeat implements Disposable {
  readonly #of: Beating
  #pulse: Timer | undefined
  #idling: Timer | undefined
  #received = 0
  /** What had been taken when the ping was put behind output that waits; nothing where none did. */
  #taken: number | undefined
  #messages = 0

  constructor(of: Beating) {
    this.#of = of
    this.#rest()
    this.#await()
  }

  [Symbol.dispose](): void {
    this.#pulse?.[Symbol.dispose]()
    this.#idling?.[Symbol.dispose]()
  }

  #rest(): void {
    const { clock, limits } = this.#of
    if (limits.pingAfter === null) return
    this.#received = this.#of.received()
    this.#pulse = clock.after(limits.pingAfter, () => this.#ask()).unref()
  }

  #ask(): void {
    const { clock, limits } = this.#of
    if (this.#moved() || !this.#of.listening()) {
      this.#rest()
      return
    }
    this.#taken = this.#of.congested() ? this.#of.taken() : undefined
    this.#of.ping()
    this.#pulse = clock.after(limits.pongWithin, () => this.#judge()).unref()
  }

  #judge(): void {
    // A ping behind a long message is not late while that message gets on.
    const reads = this.#taken !== undefined && this.#taken !== this.#of.taken()
    if (reads || this.#moved() || !this.#of.listening()) this.#rest()
    else this.#of.dead()
  }

  #moved(): boolean {
    return this.#of.received() !== this.#received
  }

  /** Looks four times in an idle period, so that it is at most a quarter too long. */
  #await(silentLooks: number = 0): void {
    const { clock, limits } = this.#of
    if (limits.idle === null) return
    this.#idling = clock.after(limits.idle / 4, () => this.#look(silentLooks)).unref()
  }

  #look(silentLooks: number): void {
    const messages = this.#of.messages()
    const silent = messages === this.#messages && this.#of.listening()
    this.#messages = messages
    if (silent && silentLooks === 3) this.#of.idle()
    else this.#await(silent ? silentLooks + 1 : 0)
  }
}

import { type Clock, PosthouseError } from '@posthouse/core'
import type { Caller } from './caller.ts'

/** For so long it is believed who a caller was, in milliseconds. */
const believedMs = 30_000

/** Who a caller is that stays for a while, as it was found out last: tokens expire, are taken back, and come to allow something else. */
export class Belief {
  readonly #identify: () => Caller | Promise<Caller>
  readonly #clock: Clock
  #caller: Caller
  #until: number
  #renewing: Promise<void> | undefined

  constructor(caller: Caller, identify: () => Caller | Promise<Caller>, clock: Clock) {
    this.#identify = identify
    this.#clock = clock
    this.#caller = caller
    this.#until = clock.elapsed() + believedMs
  }

  get caller(): Caller {
    return this.#caller
  }

  /** False where who it is has to be found out anew. Who shows no token cannot be anybody else. */
  get fresh(): boolean {
    const caller = this.#caller
    return caller.name === undefined || (this.#clock.elapsed() < this.#until && caller.holds?.() !== false)
  }

  /**
   * Finds it out anew where that has to be.
   * @throws PosthouseError (also later) what `renew` documents
   */
  async hold(): Promise<void> {
    if (!this.fresh) await this.renew()
  }

  /**
   * Finds it out anew.
   * @throws PosthouseError (later) `unauthenticated` where it is somebody else by now; what `Identify` throws
   */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renew(): Promise<void> {
    const caller = await this.#identify()
    if (caller.id !== this.#caller.id) {
      throw new PosthouseError('unauthenticated', 'the token is that of somebody else by now')
    }
    this.#caller = caller
    this.#until = this.#clock.elapsed() + believedMs
  }
}

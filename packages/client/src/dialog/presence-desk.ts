import { type Clock, createId, type PosthouseError } from '@posthouse/core'
import type { ClientInfo, ListedFrame, ListFrame, PresenceRequestFrame } from '@posthouse/protocol'
import { PresenceWish } from './presence-wish.ts'
import { RollCall, type RollCallOptions } from './roll-call.ts'

/** What a client wants to know of others in the v1 dialects. */
export class PresenceDesk {
  readonly #clock: Clock
  readonly #write: (frame: ListFrame | PresenceRequestFrame) => void
  readonly #rollCall: RollCall
  readonly wish: PresenceWish

  constructor(clock: Clock, write: (frame: ListFrame | PresenceRequestFrame) => void) {
    this.#clock = clock
    this.#write = write
    this.#rollCall = new RollCall(clock)
    this.wish = new PresenceWish((watch) => write({ op: 'presence', watch }))
  }

  /** @throws PosthouseError (also later) `timeout`, `aborted`, `not_connected` */
  list(online: boolean, options: RollCallOptions): Promise<readonly ClientInfo[]> {
    const id = createId(this.#clock.now())
    const answer = this.#rollCall.ask(id, options)
    this.#write({ op: 'list', id, online })
    return answer
  }

  listed({ id, clients, more }: ListedFrame): void {
    this.#rollCall.receive(id, clients, more)
  }

  /** Fails one question, and says whether it was open. */
  refused(id: string, error: PosthouseError): boolean {
    return this.#rollCall.fail(id, error)
  }

  cut(error: PosthouseError): void {
    this.#rollCall.failAll(error)
  }
}

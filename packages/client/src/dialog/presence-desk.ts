import { type Clock, createId, type PosthouseError } from '@posthouse/core'
import type { ClientInfo, ListedFrame, ListFrame, PresenceRequestFrame } from '@posthouse/protocol'
import type { Wishes } from './dialog.ts'
import { PresenceWish } from './presence-wish.ts'
import { type ClientsOptions, RollCall } from './roll-call.ts'

/** What a client wants to know of others, and them to know of it, in the v1 dialects. */
export class PresenceDesk {
  readonly #clock: Clock
  readonly #write: (frame: ListFrame | PresenceRequestFrame) => void
  readonly #rollCall: RollCall
  readonly #wish: PresenceWish
  #wishes: Wishes = { presence: false, state: undefined }
  /** What was told of the client on this connection. */
  #state: unknown

  constructor(clock: Clock, write: (frame: ListFrame | PresenceRequestFrame) => void) {
    this.#clock = clock
    this.#write = write
    this.#rollCall = new RollCall(clock)
    this.#wish = new PresenceWish((watch) => write({ op: 'presence', watch }))
  }

  wish(wishes: Wishes, connected: boolean): void {
    const { presence, state } = wishes
    this.#wishes = wishes
    this.#wish.wish(presence, connected)
    if (!connected || state === this.#state) return
    this.#state = state
    // In it may stand integers as `JSON.rawJSON`, which MessagePack cannot say.
    this.#write({ op: 'presence', state: JSON.parse(JSON.stringify(state)) })
  }

  /** A connection begins. What was told of the client may have been lost, and is told anew. */
  welcomed(resumed: boolean): void {
    this.#state = undefined
    this.#wish.welcomed(resumed)
    this.wish(this.#wishes, true)
  }

  /** The hub spoke of presence. */
  answered(): void {
    this.#wish.answered()
  }

  /** @throws PosthouseError (also later) `timeout`, `aborted`, `not_connected` */
  list(options: ClientsOptions): Promise<readonly ClientInfo[]> {
    const { online = true } = options
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

  fail(error: PosthouseError): void {
    this.#rollCall.failAll(error)
  }
}

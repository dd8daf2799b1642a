import { type Clock, PosthouseError } from '@posthouse/core'
import type {
  CallFrame,
  ClientInfo,
  ErrorFrame,
  ListedFrame,
  ListFrame,
  PresenceFrame,
  PresenceRequestFrame,
} from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import { Later } from '../later.ts'
import type { DialogEvents, Line } from './dialog.ts'
import type { PresenceDesk } from './presence-desk.ts'
import type { RollCallOptions } from './roll-call.ts'

/** What the parts need of their dialog. */
export interface PartsOwner {
  write(frame: ListFrame | PresenceRequestFrame): void
  /** @throws PosthouseError what `CallDeskOptions.write` documents */
  call(frame: CallFrame): number
  /** The open connection, if any. */
  line(): Line | undefined
}

/** What most pages do without, presence and calls: the code of each is loaded when it is first needed. */
export class V1Parts {
  readonly calls: Later<CallDesk>
  readonly #presence: Later<PresenceDesk>
  readonly #events: DialogEvents
  readonly #owner: PartsOwner
  readonly #report = (error: PosthouseError): void => this.#events.watchers.tell('error', error)
  #presenceWanted = false

  constructor(clock: Clock, events: DialogEvents, owner: PartsOwner) {
    this.#events = events
    this.#owner = owner
    this.calls = new Later(async () => {
      const { CallDesk } = await import('../calls/call-desk.ts')
      return new CallDesk({ clock, events, write: owner.call })
    })
    this.#presence = new Later(async () => {
      const { PresenceDesk } = await import('./presence-desk.ts')
      return new PresenceDesk(clock, owner.write)
    })
  }

  /** @throws PosthouseError `internal` where the code cannot be had, or what `Dialog.list` documents */
  async list(online: boolean, options: RollCallOptions): Promise<readonly ClientInfo[]> {
    const desk = await this.#presence.load()
    if (this.#owner.line()) return desk.list(online, options)
    throw new PosthouseError('not_connected', 'who is there can only be asked while connected')
  }

  /** Where the code cannot be had, the next connection asks again. */
  watchPresence(on: boolean): void {
    this.#presenceWanted = on
    if (!on && this.#presence.loaded === undefined) return
    const tell = ({ wish }: PresenceDesk): void => wish.wish(this.#presenceWanted, this.#owner.line() !== undefined)
    this.#presence.load().then(tell, this.#report)
  }

  /** A connection begins. */
  welcomed(resumed: boolean): void {
    this.#presence.loaded?.wish.welcomed(resumed)
  }

  hear(frame: PresenceFrame | ListedFrame | CallFrame): void {
    switch (frame.op) {
      case 'presence':
        this.#presence.loaded?.wish.answered()
        this.#events.watchers.tell('presence', { full: frame.full, clients: frame.clients })
        break
      case 'list':
        this.#presence.loaded?.listed(frame)
        break
      default:
        this.#hearCall(frame)
    }
  }

  /** Says whether somebody waited for what the hub refused. */
  refused(error: PosthouseError, about: ErrorFrame['about']): boolean {
    if (about?.id === undefined) return false
    const desk = about.op === 'list' ? this.#presence.loaded : about.op === 'request' ? this.calls.loaded : undefined
    return desk?.refused(about.id, error) === true
  }

  /** The connection is gone. */
  cut(error: PosthouseError): void {
    this.#presence.loaded?.cut(error)
    this.calls.loaded?.cut(new PosthouseError('call_lost', 'the connection was lost during the call'))
  }

  /** Whoever calls first has the code loaded; the hub bounds how many wait for that. Spec: 6.1.4. */
  #hearCall(frame: CallFrame): void {
    const { loaded } = this.calls
    const line = this.#owner.line()
    if (loaded) loaded.receive(frame)
    else this.calls.load().then((desk) => line === this.#owner.line() && desk.receive(frame), this.#report)
  }
}

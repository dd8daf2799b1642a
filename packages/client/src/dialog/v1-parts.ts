import { type Clock, PosthouseError } from '@posthouse/core'
import {
  type BodyForm,
  type CallFrame,
  type ClientInfo,
  type ErrorFrame,
  type ListFrame,
  type OtherFrame,
  type PresenceRequestFrame,
  readPartFrame,
  toBodyValue,
} from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import { Later } from '../later.ts'
import type { DialogEvents, DialogParts, Line, Wishes } from './dialog.ts'
import { PresenceDesk } from './presence-desk.ts'
import type { ClientsOptions } from './roll-call.ts'

/** What the parts need of their dialog. */
export interface PartsOwner {
  /** Which bodies the codec writes. */
  readonly form: BodyForm
  readonly clock: Clock
  readonly events: DialogEvents
  /** The open connection, if any. */
  line(): Line | undefined
  /** @throws PosthouseError `body_too_large`, `frame_too_large`, `outbox_full` */
  write(frame: ListFrame | PresenceRequestFrame | CallFrame): number
}

/** Presence and calls in the v1 dialects. */
export class V1Parts implements DialogParts {
  readonly #owner: PartsOwner
  readonly #presence: PresenceDesk
  readonly #calls: Later<CallDesk>

  constructor(owner: PartsOwner) {
    this.#owner = owner
    const { clock, events } = owner
    this.#presence = new PresenceDesk(clock, (frame) => void owner.write(frame))
    this.#calls = new Later(async () => {
      const { CallDesk } = await import('../calls/call-desk.ts')
      return new CallDesk({ clock, events, write: (frame) => this.#call(frame) })
    })
  }

  get busy(): boolean {
    return this.#calls.loaded?.idle === false
  }

  wish(wishes: Wishes): void {
    this.#presence.wish(wishes, this.#owner.line() !== undefined)
  }

  async list(options: ClientsOptions): Promise<readonly ClientInfo[]> {
    if (this.#owner.line()) return this.#presence.list(options)
    throw new PosthouseError('not_connected', 'who is there can only be asked while connected')
  }

  calls(): Promise<CallDesk> {
    return this.#calls.load()
  }

  /** A connection begins. */
  welcomed(resumed: boolean): void {
    this.#presence.welcomed(resumed)
  }

  /** Takes a frame that the dialog knows nothing of. */
  hear(other: OtherFrame): void {
    const { watchers } = this.#owner.events
    const frame = readPartFrame(other)
    switch (frame.op) {
      case 'bad':
        if (frame.error.code !== 'unknown_op') watchers.tell('error', frame.error)
        break
      case 'presence':
        this.#presence.answered()
        watchers.tell('presence', { full: frame.full, clients: frame.clients })
        break
      case 'list':
        this.#presence.listed(frame)
        break
      case 'request':
      case 'response':
      case 'cancel':
      case 'credit':
        this.#hearCall(frame)
        break
    }
  }

  /** Says whether somebody waited for what the hub refused. */
  refused(error: PosthouseError, about: ErrorFrame['about']): boolean {
    if (about?.id === undefined) return false
    const { op, id } = about
    const desk = op === 'list' ? this.#presence : op === 'request' ? this.#calls.loaded : undefined
    return desk?.refused(id, error) === true
  }

  fail(error: PosthouseError): void {
    this.#presence.fail(error)
    const lost = new PosthouseError('call_lost', 'the connection was lost during the call')
    this.#calls.loaded?.cut(error.code === 'closed' ? error : lost)
  }

  #call(frame: CallFrame): number {
    if (this.#owner.line()) return this.#owner.write(inForm(frame, this.#owner.form))
    throw new PosthouseError('not_connected', 'calls are made while connected; there is no connection now')
  }

  /** Whoever calls first has the code loaded; the hub bounds how many wait for that. Spec: 6.1.4. */
  #hearCall(frame: CallFrame): void {
    const { events, line } = this.#owner
    const { loaded } = this.#calls
    const now = line()
    const report = (error: PosthouseError): void => events.watchers.tell('error', error)
    if (loaded) loaded.receive(frame)
    else this.#calls.load().then((desk) => now === line() && desk.receive(frame), report)
  }
}

/** Calls are drafted without regard to the dialect. */
function inForm(frame: CallFrame, form: BodyForm): CallFrame {
  if (!('body' in frame) || frame.body?.format !== 'value') return frame
  return { ...frame, body: { format: 'value', value: toBodyValue('x-call', frame.body.value, form) } }
}

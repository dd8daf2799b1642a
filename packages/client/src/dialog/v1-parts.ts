import { PosthouseError } from '@posthouse/core'
import {
  type CallFrame,
  type ClientInfo,
  type Done,
  type ErrorFrame,
  formOf,
  type MembershipAnswer,
  type OtherFrame,
  readPartFrame,
  type WelcomeFrame,
} from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import type { FileDesk } from '../files/file-desk.ts'
import { Later } from '../later.ts'
import type { StreamDesk } from '../streams/stream-desk.ts'
import type { Desks, DialogParts, Wishes } from './dialog.ts'
import { PresenceDesk } from './presence-desk.ts'
import type { ClientsOptions } from './roll-call.ts'
import type { V1Dialog } from './v1-dialog.ts'

/** Presence and calls in the v1 dialects. */
export class V1Parts implements DialogParts {
  readonly #owner: V1Dialog
  readonly #presence: PresenceDesk
  readonly #calls: Later<CallDesk>
  readonly #streams: Later<StreamDesk>
  readonly #files: Later<FileDesk>

  constructor(owner: V1Dialog) {
    this.#owner = owner
    const { settings, events } = owner
    const { clock } = settings
    this.#presence = new PresenceDesk(clock, (frame) => void owner.write(frame))
    this.#calls = new Later(async () => {
      const { CallDesk } = await import('../calls/call-desk.ts')
      const form = formOf(owner.codec.dialect)
      return new CallDesk({ clock, events, form, write: (frame) => this.#call(frame) })
    })
    this.#streams = new Later(async () => {
      const { StreamDesk } = await import('../streams/stream-desk.ts')
      return new StreamDesk(owner, () => this.#calls.load())
    })
    this.#files = new Later(async () => {
      const { openFileDesk } = await import('../files/open-file-desk.ts')
      return openFileDesk(owner, () => this.#calls.load())
    })
  }

  desk<Kind extends keyof Desks>(kind: Kind): Promise<Desks[Kind]> {
    const desks: { readonly [Each in keyof Desks]: Later<Desks[Each]> } = {
      calls: this.#calls,
      streams: this.#streams,
      files: this.#files,
    }
    return desks[kind].load()
  }

  get busy(): boolean {
    return this.#calls.loaded?.idle === false || this.#files.loaded?.busy === true
  }

  get calls(): CallDesk | undefined {
    return this.#owner.openLine && this.#calls.loaded
  }

  wish(wishes: Wishes): void {
    this.#presence.wish(wishes, this.#owner.openLine !== undefined)
  }

  async list(options: ClientsOptions = {}): Promise<readonly ClientInfo[]> {
    if (this.#owner.openLine) return this.#presence.list(options)
    throw new PosthouseError('not_connected', 'who is there can only be asked while connected')
  }

  /** A connection begins. */
  welcomed(welcome: WelcomeFrame): void {
    this.#presence.welcomed(welcome.resumed)
    this.#streams.loaded?.welcomed(welcome)
  }

  /** Takes a frame that the dialog knows nothing of, and calls `done` where that is stored. */
  hear(other: OtherFrame, done?: Done): void {
    const { watchers } = this.#owner.events
    const frame = readPartFrame(other)
    switch (frame.op) {
      case 'bad':
        if (frame.error.code !== 'unknown_op') watchers.fail(frame.error)
        break
      case 'receipt': {
        const { id, state, by, at, code } = frame
        watchers.tell('receipt', { id, state, by, at, ...(code !== undefined && { code }) })
        break
      }
      case 'presence':
        this.#presence.answered()
        watchers.tell('presence', { full: frame.full, clients: frame.clients })
        break
      case 'list':
        this.#presence.listed(frame)
        break
      case 'join':
      case 'leave':
      case 'subscribe':
      case 'unsubscribe':
        // Both directions have a frame of this name: this one came from the hub.
        this.#streams.loaded?.answered(frame as MembershipAnswer)
        break
      case 'request':
      case 'response':
      case 'cancel':
      case 'credit':
        this.#hearCall(frame)
        break
    }
    done?.()
  }

  /** Says whether somebody waited for what the hub refused. */
  refused(error: PosthouseError, about: ErrorFrame['about']): boolean {
    if (about === undefined) return false
    const { op, id } = about
    if (['join', 'leave', 'subscribe', 'unsubscribe'].includes(op)) {
      return this.#streams.loaded?.refused(error, about) === true
    }
    if (id === undefined) return false
    const desk = op === 'list' ? this.#presence : op === 'request' ? this.#calls.loaded : undefined
    return desk?.refused(id, error) === true
  }

  fail(error: PosthouseError): void {
    this.#presence.fail(error)
    this.#streams.loaded?.fail(error)
    if (error.code === 'closed') this.#files.loaded?.close(error)
    const lost = new PosthouseError('call_lost', 'the connection was lost during the call')
    this.#calls.loaded?.cut(error.code === 'closed' ? error : lost)
  }

  #call(frame: CallFrame): number {
    if (this.#owner.openLine) return this.#owner.write(frame)
    throw new PosthouseError('not_connected', 'calls are made while connected; there is no connection now')
  }

  /** Whoever calls first has the code loaded; the hub bounds how many wait for that. Spec: 6.1.4. */
  #hearCall(frame: CallFrame): void {
    const { events } = this.#owner
    const { loaded } = this.#calls
    const line = this.#owner.openLine
    if (loaded) loaded.receive(frame)
    else this.#calls.load().then((desk) => line === this.#owner.openLine && desk.receive(frame), events.watchers.fail)
  }
}

import { PosthouseError, toPosthouseError } from '@posthouse/core'
import { type CallFrame, errorInfo } from '@posthouse/protocol'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { Settings } from '../settings.ts'
import type { CallDesk } from './call-desk.ts'

/**
 * Sends a frame, and returns how many bytes it takes.
 * @throws PosthouseError `body_too_large`, `frame_too_large`, `unrepresentable`, `outbox_full`
 */
export type CallWriter = (frame: CallFrame) => number

/** What a gate tells the client. */
export interface CallGateEvents {
  /** Something went wrong that no caller hears of. */
  failed(error: PosthouseError): void
  /** A call has come to its end. */
  ended(): void
}

/** The way to the client's calls. Their code is loaded when the program makes or handles the first one. */
export class CallGate {
  readonly settings: Settings
  readonly events: CallGateEvents
  readonly handlers: Map<string, CallHandler> = new Map()
  #write: CallWriter | undefined
  #desk: CallDesk | undefined
  #loading: Promise<CallDesk> | undefined
  /** What came while the code is loaded; the hub bounds it (6.1.4). */
  #early: CallFrame[] = []
  /** Answers no more calls. */
  draining = false

  constructor(settings: Settings, events: CallGateEvents) {
    this.settings = settings
    this.events = events
  }

  /** True while no call is under way, in either direction. */
  get idle(): boolean {
    return this.#early.length === 0 && this.#desk?.idle !== false
  }

  /** A connection begins. */
  open(write: CallWriter): void {
    this.#write = write
  }

  /** The connection is gone, and with it the calls: those that were made fail with this. */
  cut(error: PosthouseError): void {
    this.#write = undefined
    this.#early = []
    this.#desk?.cut(error)
  }

  /** @throws PosthouseError `invalid_option`, `unsupported` */
  handle(method: string, handler: CallHandler): Disposable {
    this.#assertServed()
    const { handlers } = this
    if (handlers.has(method)) throw new PosthouseError('invalid_option', `${method} has a handler already`)
    handlers.set(method, handler)
    this.#load().catch(this.events.failed)
    return {
      [Symbol.dispose]: () => {
        if (handlers.get(method) === handler) handlers.delete(method)
      },
    }
  }

  /** @throws PosthouseError `not_connected`, `unsupported` */
  desk(): Promise<CallDesk> {
    this.#assertServed()
    this.#writer()
    return this.#load()
  }

  /** Takes a frame of the hub. */
  receive(frame: CallFrame): void {
    if (this.#desk) this.#desk.receive(frame)
    else if (this.handlers.size > 0) {
      this.#early.push(frame)
      this.#load().catch(this.events.failed)
    } else this.refuse(frame, new PosthouseError('no_handler', 'this client handles no calls'))
  }

  /** The hub refused a request by an error frame. Says whether its call was under way. */
  refused(id: string, error: PosthouseError): boolean {
    return this.#desk?.made.fail(id, error) === true
  }

  /** @throws PosthouseError `not_connected`, or what `CallWriter` documents */
  write(frame: CallFrame): number {
    return this.#writer()(frame)
  }

  #writer(): CallWriter {
    if (this.#write) return this.#write
    throw new PosthouseError('not_connected', 'calls are made while connected; there is no connection now')
  }

  #assertServed(): void {
    const { dialect } = this.settings
    if (dialect === 'cross_comm') throw new PosthouseError('unsupported', `the ${dialect} dialect has no calls`)
  }

  /** Loads the code of calls; may be called again when that has failed. */
  #load(): Promise<CallDesk> {
    this.#loading ??= import('./call-desk.ts').then(
      ({ CallDesk }) => {
        const desk = new CallDesk(this)
        this.#desk = desk
        for (const frame of this.#early.splice(0)) desk.receive(frame)
        return desk
      },
      (cause: unknown) => {
        this.#loading = undefined
        const error = toPosthouseError(cause)
        for (const frame of this.#early.splice(0)) this.refuse(frame, error)
        throw error
      },
    )
    return this.#loading
  }

  /** Answers a request with an error; other frames want no answer. */
  refuse({ op, id }: CallFrame, error: PosthouseError): void {
    if (op === 'request') this.#write?.({ op: 'response', id, error: errorInfo(error) })
  }
}

import {
  clientAddress,
  type Message,
  type MessageFilter,
  type MessageType,
  messageMatcher,
  PosthouseError,
} from '@posthouse/core'
import type { Done, GivingBack } from '@posthouse/protocol'
import type { Downloader, ReceiveOptions } from '../files/received.ts'
import type { Settings } from '../settings.ts'
import { type Job, Listener, type ListenerHost, type MessageHandler, type Work } from './listener.ts'
import type { Watchers } from './watchers.ts'

/** Which messages: of one type, all (`'*'`), or those that a filter lets through. */
export type Wanted = MessageType | '*' | MessageFilter

/** How a listener is added. */
export interface ListenerOptions extends ReceiveOptions {
  /** Whether it hears messages that this client sent itself. Default false. */
  readonly includeOwn?: boolean
  /**
   * What acknowledges a message: `auto`, that the handler is done; `manual`, the handler by calling `ack` or `nack` of it,
   * at any time. Default `auto`. With `manual`, a handler that throws before it has called either leaves its message
   * unacknowledged, unless `retry` is true: it goes on counting in the window, a drain waits for it, and only the client's
   * next life is given it again.
   */
  readonly acknowledge?: 'auto' | 'manual'
  /** Whether a message whose handler throws is given back, so that it comes again later. Default false. Spec: 4.5 */
  readonly retry?: boolean
  /** Senders whose messages it is handed: addresses, usually bare client ids. Default: those that `wanted` lets through. */
  readonly from?: string | readonly string[]
}

/** Hands messages to those who want them: to each in order and at its own pace. */
export class Listeners implements ListenerHost {
  readonly maxPending: number
  readonly watchers: Watchers
  paused = false
  /** The address of this client. */
  readonly #own: string
  /** Replaced rather than changed: a handler may add and remove listeners while a message goes around. */
  #listeners: readonly Listener[] = []
  readonly #rested: () => void
  #unfinished = 0

  /** @param rested told when no handler is at work any more and nothing waits for one. */
  constructor({ maxPending, clientId }: Settings, watchers: Watchers, rested: () => void) {
    this.maxPending = maxPending
    this.#own = clientAddress(clientId)
    this.watchers = watchers
    this.#rested = rested
  }

  /** True while no handler is at work and nothing waits for one. */
  get idle(): boolean {
    return this.#unfinished === 0
  }

  /**
   * Adds a listener until it is disposed of; what waits for it then counts as done.
   * @throws PosthouseError `invalid_option`, `invalid_address`
   */
  add(wanted: Wanted, options: ListenerOptions, handler: MessageHandler | undefined, client: Downloader): Disposable {
    if (typeof handler !== 'function') throw new PosthouseError('invalid_option', 'on needs a handler')
    const { includeOwn, ...wishes } = options
    const fits = messageMatcher(wanted)
    const matches = (message: Message): boolean => (includeOwn || message.from !== this.#own) && fits(message)
    const byHand = Object.keys(wishes).length > 0
    const listener = this.open({ matches, handler: byHand ? handled(handler, options, client) : handler, byHand })
    return { [Symbol.dispose]: () => this.remove(listener) }
  }

  /** Adds a listener. */
  open(work: Work): Listener {
    const listener = new Listener(work, this)
    this.#listeners = [...this.#listeners, listener]
    return listener
  }

  /** Removes a listener; what waits for it counts as done. */
  remove(listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener)
    for (const job of listener.stop()) job.done()
  }

  /** Goes on after a pause. */
  resume(): void {
    this.paused = false
    for (const listener of this.#listeners) listener.resume()
  }

  /**
   * Hands a message to all that match, or to those given, and tells `done` when all of them are done. Live messages have no
   * `done`. What one gives back comes again to all.
   */
  deliver(message: Message, done?: Done, takers?: readonly Listener[]): void {
    this.#unfinished++
    // Whoever hands it around holds it, too.
    let holders = 1
    let givenBack: GivingBack | undefined
    const release: Done = (back) => {
      givenBack ??= back
      holders--
      if (holders > 0) return
      done?.(givenBack)
      this.#unfinished--
      if (this.idle) this.#rested()
    }
    const job: Job = { message, live: done === undefined, done: release }
    for (const listener of takers ?? this.#listeners) {
      if (takers || listener.matches(message)) {
        holders++
        listener.take(job)
      }
    }
    release()
  }

  /** Forgets all listeners. What waits for them is not done: the hub keeps it. */
  clear(): void {
    for (const listener of this.#listeners) listener.stop()
    this.#listeners = []
  }
}

/** The code for what most listeners do without is loaded with the first message. */
function handled(handler: MessageHandler, options: ListenerOptions, client: Downloader): Work['handler'] {
  return async (message, done) => {
    const { byHand } = await import('./by-hand.ts')
    await byHand(handler, options, client)(message, done)
  }
}

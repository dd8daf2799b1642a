import {
  clientAddress,
  type Message,
  type MessageFilter,
  type MessageType,
  messageMatcher,
  PosthouseError,
} from '@posthouse/core'
import type { Settings } from '../settings.ts'
import { type Job, Listener, type MessageHandler } from './listener.ts'
import type { Watchers } from './watchers.ts'

/** Which messages: of one type, all (`'*'`), or those that a filter lets through. */
export type Wanted = MessageType | '*' | MessageFilter

/** How a listener is added. */
export interface ListenerOptions {
  /** Whether it hears messages that this client sent itself. Default false. */
  readonly includeOwn?: boolean
}

/** Hands messages to those who want them: to each in order and at its own pace. */
export class Listeners {
  readonly #maxPending: number
  /** The address of this client. */
  readonly #own: string
  readonly #watchers: Watchers
  /** Replaced rather than changed: a handler may add and remove listeners while a message goes around. */
  #listeners: readonly Listener[] = []
  readonly #rested: () => void
  #unfinished = 0

  /** @param rested told when no handler is at work any more and nothing waits for one. */
  constructor({ maxPending, clientId }: Settings, watchers: Watchers, rested: () => void) {
    this.#maxPending = maxPending
    this.#own = clientAddress(clientId)
    this.#watchers = watchers
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
  add(wanted: Wanted, options: ListenerOptions, handler: MessageHandler | undefined): Disposable {
    if (typeof handler !== 'function') throw new PosthouseError('invalid_option', 'on needs a handler, a function')
    const { includeOwn = false } = options
    const fits = messageMatcher(wanted)
    const matches = (message: Message): boolean => (includeOwn || message.from !== this.#own) && fits(message)
    const listener = new Listener({ matches, handler }, this.#maxPending, this.#watchers)
    this.#listeners = [...this.#listeners, listener]
    return {
      [Symbol.dispose]: () => {
        if (!this.#listeners.includes(listener)) return
        this.#listeners = this.#listeners.filter((other) => other !== listener)
        for (const job of listener.stop()) job.done()
      },
    }
  }

  /** Hands a message to all that match, and tells `done` when all of them are done. Live messages have no `done`. */
  deliver(message: Message, done?: () => void): void {
    this.#unfinished++
    // Whoever hands it around holds it, too.
    let holders = 1
    const release = (): void => {
      holders--
      if (holders > 0) return
      done?.()
      this.#unfinished--
      if (this.idle) this.#rested()
    }
    const job: Job = { message, live: done === undefined, done: release }
    for (const listener of this.#listeners) {
      if (!listener.matches(message)) continue
      holders++
      listener.take(job)
    }
    release()
  }

  /** Forgets all listeners. What waits for them is not done: the hub keeps it. */
  clear(): void {
    for (const listener of this.#listeners) listener.stop()
    this.#listeners = []
  }
}

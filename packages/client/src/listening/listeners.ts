import type { Message } from '@posthouse/core'
import { Listener, type ListenerEvents, type MessageHandler } from './listener.ts'

/** Hands messages to those who want them: to each in order and at its own pace. */
export class Listeners {
  readonly #maxPending: number
  readonly #events: ListenerEvents & { idle(): void }
  readonly #listeners = new Set<Listener>()
  #unfinished = 0

  /** @param events `idle`: no handler is at work any more and nothing waits for one. */
  constructor(maxPending: number, events: ListenerEvents & { idle(): void }) {
    this.#maxPending = maxPending
    this.#events = events
  }

  /** True while no handler is at work and nothing waits for one. */
  get idle(): boolean {
    return this.#unfinished === 0
  }

  /** Adds a listener until it is disposed of; what waits for it then counts as done. */
  add(matches: (message: Message) => boolean, handler: MessageHandler): Disposable {
    const listener = new Listener({ matches, handler }, this.#maxPending, this.#events)
    this.#listeners.add(listener)
    return {
      [Symbol.dispose]: () => {
        if (this.#listeners.delete(listener)) for (const job of listener.stop()) job.done()
      },
    }
  }

  /** Hands a message to all that match, and tells `done` when all of them are done. Live messages have no `done`. */
  deliver(message: Message, done?: () => void): void {
    const wanting = [...this.#listeners].filter((listener) => listener.matches(message))
    if (wanting.length === 0) {
      done?.()
      return
    }
    this.#unfinished++
    let working = wanting.length
    const finished = (): void => {
      working--
      if (working > 0) return
      done?.()
      this.#unfinished--
      if (this.idle) this.#events.idle()
    }
    for (const listener of wanting) listener.take({ message, live: done === undefined, done: finished })
  }

  /** Forgets all listeners. What waits for them is not done: the hub keeps it. */
  clear(): void {
    for (const listener of this.#listeners) listener.stop()
    this.#listeners.clear()
  }
}

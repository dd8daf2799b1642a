import { PosthouseError, toPosthouseError } from '@posthouse/core'
import type { CallResponse } from './call-request.ts'
import type { CallWatchers } from './call-watchers.ts'
import { CallbackLine } from './callback-line.ts'

/** Is given the whole response, of a call that failed too. */
export type CallbackHandler = (response: CallResponse) => unknown

/** What a desk needs of its owner. */
export interface CallbackDeskOptions {
  readonly maxConcurrent: number
  readonly maxQueued: number
  readonly watchers: CallWatchers
}

/** A place for one result, kept from the call on. */
export interface CallbackPlace {
  /** Runs the callback when its turn comes. Without effect after the first time. */
  fill(response: CallResponse): void
  /** No result will come. */
  give(): void
}

/** The registered callbacks, and the results that wait for them. */
export class CallbackDesk {
  readonly #options: CallbackDeskOptions
  readonly #handlers = new Map<string, CallbackHandler>()
  readonly #line: CallbackLine
  /** Places that are kept for results which have not come. */
  #kept = 0

  constructor(options: CallbackDeskOptions) {
    this.#options = options
    this.#line = new CallbackLine(options.maxConcurrent)
  }

  has(name: string): boolean {
    return this.#handlers.has(name)
  }

  register(name: string, handler: CallbackHandler): void {
    if (typeof handler !== 'function') throw new PosthouseError('invalid_option', 'a callback must be a function')
    this.#handlers.set(name, handler)
  }

  unregister(name: string): boolean {
    return this.#handlers.delete(name)
  }

  /**
   * A result that is asked for has a place before it comes: none has to be dropped for want of one.
   * @throws PosthouseError `invalid_option`, `too_many_calls`
   */
  keep(name: string): CallbackPlace {
    if (!this.has(name)) throw new PosthouseError('invalid_option', `no callback ${JSON.stringify(name)} is registered`)
    if (this.#full) {
      throw new PosthouseError('too_many_calls', `${this.#options.maxQueued} results wait, or are waited for`)
    }
    this.#kept++
    let open = true
    const close = (): boolean => {
      if (open) this.#kept--
      const was = open
      open = false
      return was
    }
    return { fill: (response) => void (close() && this.#add(name, response)), give: () => void close() }
  }

  /** Takes a result that no place was kept for; says whether there was room. */
  take(name: string, response: CallResponse): boolean {
    if (this.#full) return false
    this.#add(name, response)
    return true
  }

  /** Resolves when all results that have come are handled. */
  rest(): Promise<void> {
    return this.#line.rest()
  }

  get #full(): boolean {
    return this.#kept + this.#line.waiting >= this.#options.maxQueued
  }

  #add(name: string, response: CallResponse): void {
    this.#line.add(name, () => this.#run(name, response))
  }

  async #run(name: string, response: CallResponse): Promise<void> {
    try {
      const handler = this.#handlers.get(name)
      if (handler === undefined)
        throw new PosthouseError('no_handler', `${name} was unregistered before its result came`)
      await handler(response)
    } catch (thrown) {
      const error = toPosthouseError(thrown, 'handler_failed')
      this.#options.watchers.tell('error', { error, callback: name, response })
    }
  }
}

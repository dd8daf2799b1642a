import { type CallStore, type Clock, createId, type KeptCall, type Logger } from '@posthouse/core'
import { type Answer, answerToText } from './answer.ts'
import { doneOf } from './kept.ts'
import { requestOfText } from './request-text.ts'

/** What calls are remembered with. */
export interface CallMemoryOptions {
  readonly store: CallStore
  readonly clock: Clock
  readonly logger: Logger
  /** Told of a call whose answer is to be POSTed. */
  readonly owed: (call: KeptCall) => void
}

/** Remembers what calls came to. */
export class CallMemory {
  readonly #options: CallMemoryOptions

  constructor(options: CallMemoryOptions) {
    this.#options = options
  }

  /** Remembers an answer, at once where only memory holds it. */
  remember(call: KeptCall, answer: Answer, owed: boolean): void | Promise<void> {
    const { store, clock } = this.#options
    const url = owed && call.request !== undefined ? requestOfText(call.request).call.callbackUrl : undefined
    const callback = url === undefined ? undefined : { id: `cb_${createId()}`, url, attempts: 0, nextAt: clock.now() }
    const kept = doneOf(call, answerToText(answer), callback)
    try {
      const put = store.put(kept)
      if (!(put instanceof Promise)) return this.#owe(kept)
      return put.then(
        () => this.#owe(kept),
        (error) => this.#failed(kept, error),
      )
    } catch (error) {
      this.#failed(kept, error)
    }
  }

  #failed(call: KeptCall, error: unknown): void {
    const { procedure } = call
    this.#options.logger.error('the answer to a call could not be remembered', { procedure, error })
    this.#owe(call)
  }

  #owe(call: KeptCall): void {
    if (call.callback !== undefined) this.#options.owed(call)
  }
}

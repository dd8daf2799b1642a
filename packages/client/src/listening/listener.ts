import { type Message, PosthouseError, reasonOf } from '@posthouse/core'
import type { Watchers } from './watchers.ts'

/** Called with each message, one at a time; the message is done when what it returns has resolved. */
export type MessageHandler = (message: Message) => unknown

/** A message on its way to one or more listeners. */
export interface Job {
  readonly message: Message
  /** Live messages are dropped rather than kept without bound. */
  readonly live: boolean
  /** One listener is done with it. */
  done(): void
}

/** Runs one handler over its messages in their order, the next one when the last is done. */
export class Listener {
  readonly matches: (message: Message) => boolean
  readonly #handler: MessageHandler
  readonly #maxPending: number
  readonly #watchers: Watchers
  #queue: Job[] = []
  #liveWaiting = 0
  #working = false

  constructor(
    wants: { readonly matches: (message: Message) => boolean; readonly handler: MessageHandler },
    maxPending: number,
    watchers: Watchers,
  ) {
    this.matches = wants.matches
    this.#handler = wants.handler
    this.#maxPending = maxPending
    this.#watchers = watchers
  }

  take(job: Job): void {
    if (!this.#working) {
      this.#working = true
      this.#work(job)
    } else if (job.live && this.#liveWaiting >= this.#maxPending) {
      this.#watchers.tell('overflow', { message: job.message, pending: this.#liveWaiting })
      job.done()
    } else {
      if (job.live) this.#liveWaiting++
      this.#queue.push(job)
    }
  }

  /** Takes nothing more from the queue, and returns what waits in it. */
  stop(): readonly Job[] {
    const waiting = this.#queue
    this.#queue = []
    return waiting
  }

  /** Goes on without a promise for as long as the handler needs none. */
  #work(first: Job): void {
    for (let job: Job | undefined = first; job !== undefined; job = this.#next()) {
      const current = job
      try {
        const result = this.#handler(current.message)
        if (isThenable(result)) {
          result.then(
            () => this.#finish(current),
            (cause: unknown) => this.#finish(current, { cause }),
          )
          return
        }
      } catch (cause) {
        this.#failed(current, cause)
      }
      current.done()
    }
    this.#working = false
  }

  /** Ends the work on a message whose handler took its time. */
  #finish(job: Job, failure?: { readonly cause: unknown }): void {
    if (failure) this.#failed(job, failure.cause)
    job.done()
    const next = this.#next()
    if (next === undefined) this.#working = false
    else this.#work(next)
  }

  #failed({ message: { id, from } }: Job, cause: unknown): void {
    const message = `the handler of message ${id} from ${from} threw: ${reasonOf(cause)}`
    this.#watchers.tell('error', new PosthouseError('handler_failed', message, { cause }))
  }

  #next(): Job | undefined {
    const job = this.#queue.shift()
    if (job?.live) this.#liveWaiting--
    return job
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

import { type Message, PosthouseError, reasonOf } from '@posthouse/core'
import type { Done } from '@posthouse/protocol'
import type { Watchers } from './watchers.ts'

/** Called with each message, one at a time; the message is done when what it returns has resolved. */
export type MessageHandler = (message: Message) => unknown

/** A message on its way to one or more listeners. */
export interface Job {
  readonly message: Message
  /** Live messages are dropped rather than kept without bound. */
  readonly live: boolean
  /** One listener is done with it, or gives it back. To be called once. */
  readonly done: Done
}

/** What a listener runs over its messages. */
export interface Work {
  matches(message: Message): boolean
  /** One with `byHand` calls `done` itself, and is done with a message only then. */
  handler(message: Message, done: Done): unknown
  readonly byHand?: boolean
}

/** What all listeners of a client share. */
export interface ListenerHost {
  readonly maxPending: number
  readonly watchers: Watchers
  /** Nothing is to be handed to handlers. */
  readonly paused: boolean
}

/** Runs one handler over its messages in their order, the next one when the last is done. */
export class Listener {
  readonly #work: Work
  readonly #host: ListenerHost
  #queue: Job[] = []
  #liveWaiting = 0
  #working = false

  constructor(work: Work, host: ListenerHost) {
    this.#work = work
    this.#host = host
  }

  matches(message: Message): boolean {
    return this.#work.matches(message)
  }

  take(job: Job): void {
    const { maxPending, watchers, paused } = this.#host
    if (!this.#working && !paused) this.#run(job)
    else if (job.live && this.#liveWaiting >= maxPending) {
      watchers.tell('overflow', { message: job.message, pending: this.#liveWaiting })
      job.done()
    } else {
      if (job.live) this.#liveWaiting++
      this.#queue.push(job)
    }
  }

  /** Goes on after a pause. */
  resume(): void {
    if (!this.#working) this.#run(this.#next())
  }

  /** Takes nothing more from the queue, and returns what waits in it. */
  stop(): readonly Job[] {
    const waiting = this.#queue
    this.#queue = []
    return waiting
  }

  /** Goes on without a promise for as long as the handler needs none. */
  #run(first: Job | undefined): void {
    this.#working = true
    for (let job = first; job !== undefined; job = this.#next()) {
      const current = job
      try {
        const result = this.#work.handler(current.message, current.done)
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
      this.#end(current)
    }
    this.#working = false
  }

  /** Ends the work on a message whose handler took its time. */
  #finish(job: Job, failure?: { readonly cause: unknown }): void {
    if (failure) this.#failed(job, failure.cause)
    this.#end(job)
    this.#run(this.#next())
  }

  #end(job: Job): void {
    if (!this.#work.byHand) job.done()
  }

  #failed({ message }: Job, cause: unknown): void {
    this.#host.watchers.fail(handlerFailed(message, cause))
  }

  #next(): Job | undefined {
    if (this.#host.paused) return undefined
    const job = this.#queue.shift()
    if (job?.live) this.#liveWaiting--
    return job
  }
}

/** What is told of a handler that threw. */
export function handlerFailed({ id, from }: Message, cause: unknown): PosthouseError {
  const message = `the handler of ${id} from ${from} threw: ${reasonOf(cause)}`
  return new PosthouseError('handler_failed', message, { cause })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

import { type Message, PosthouseError, reasonOf } from '@posthouse/core'

/** Called with each message, one at a time; the message is done when what it returns has resolved. */
export type MessageHandler = (message: Message) => unknown

/** What a listener tells its owner. */
export interface ListenerEvents {
  failed(error: PosthouseError): void
  overflowed(message: Message, pending: number): void
}

/** One message for one listener. */
export interface Job {
  readonly message: Message
  /** Live messages are dropped rather than kept without bound. */
  readonly live: boolean
  done(): void
}

/** Runs one handler over its messages in their order, the next one when the last is done. */
export class Listener {
  readonly matches: (message: Message) => boolean
  readonly #handler: MessageHandler
  readonly #maxPending: number
  readonly #events: ListenerEvents
  #queue: Job[] = []
  #liveWaiting = 0
  #working = false

  constructor(
    wants: { readonly matches: (message: Message) => boolean; readonly handler: MessageHandler },
    maxPending: number,
    events: ListenerEvents,
  ) {
    this.matches = wants.matches
    this.#handler = wants.handler
    this.#maxPending = maxPending
    this.#events = events
  }

  take(job: Job): void {
    if (job.live && this.#liveWaiting >= this.#maxPending) {
      this.#events.overflowed(job.message, this.#liveWaiting)
      job.done()
      return
    }
    if (job.live) this.#liveWaiting++
    this.#queue.push(job)
    if (!this.#working) void this.#work()
  }

  /** Takes nothing more from the queue, and returns what waits in it. */
  stop(): readonly Job[] {
    const waiting = this.#queue
    this.#queue = []
    return waiting
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      try {
        const result = this.#handler(job.message)
        if (isThenable(result)) await result
      } catch (cause) {
        const { id, from } = job.message
        const reason = reasonOf(cause)
        const message = `the handler of message ${id} from ${from} threw: ${reason}`
        this.#events.failed(new PosthouseError('handler_failed', message, { cause }))
      }
      job.done()
    }
    this.#working = false
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

import type { Message } from '@posthouse/core'

type Result = IteratorResult<Message, undefined>

const end: Result = { done: true, value: undefined }

/** What a `MessageStream` holds: the messages on their way to the loop, one at a time. */
export class StreamBuffer {
  /** Not handed out yet. */
  #offered: { readonly message: Message; readonly done: () => void } | undefined
  /** Ends the work on the message that the consumer has. */
  #finish: (() => void) | undefined
  #consumers: ((result: Result) => void)[] = []
  #ended = false

  /** The handler of the listener behind this stream: resolves when the consumer is done with the message. */
  async offer(message: Message): Promise<void> {
    if (this.#ended) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#offered = { message, done: resolve }
    this.#handOut()
    await promise
  }

  next(): Promise<Result> {
    this.#settle()
    if (this.#ended) return Promise.resolve(end)
    const { promise, resolve } = Promise.withResolvers<Result>()
    this.#consumers.push(resolve)
    this.#handOut()
    return promise
  }

  /** Ends the stream; whoever waits is told that there is nothing more. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#settle()
    this.#offered?.done()
    for (const consumer of this.#consumers) consumer(end)
    this.#consumers = []
  }

  #settle(): void {
    this.#finish?.()
    this.#finish = undefined
  }

  #handOut(): void {
    if (this.#offered === undefined) return
    const consumer = this.#consumers.shift()
    if (consumer === undefined) return
    const { message, done } = this.#offered
    this.#offered = undefined
    this.#finish = done
    consumer({ done: false, value: message })
    // Another consumer waits already: it has asked for the next one.
    if (this.#consumers.length > 0) this.#settle()
  }
}

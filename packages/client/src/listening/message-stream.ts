import type { Message } from '@posthouse/core'

type Result = IteratorResult<Message, undefined>

const end: Result = { done: true, value: undefined }

/**
 * The messages of one listener, for `for await`. A message is done when the next one is asked for, or when the loop ends.
 */
export class MessageStream implements AsyncIterableIterator<Message, undefined> {
  readonly #unsubscribe: () => void
  /** Not handed out yet. */
  #offered: { readonly message: Message; readonly done: () => void } | undefined
  /** Ends the work on the message that the consumer has. */
  #finish: (() => void) | undefined
  #consumers: ((result: Result) => void)[] = []
  #ended = false

  /** @param unsubscribe called once, when nothing more is wanted. */
  constructor(unsubscribe: () => void) {
    this.#unsubscribe = unsubscribe
  }

  /** The handler of the listener behind this stream: resolves when the consumer is done with the message. */
  offer(message: Message): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#offered = { message, done: resolve }
    this.#handOut()
    return promise
  }

  next(): Promise<Result> {
    this.#settle()
    if (this.#ended) return Promise.resolve(end)
    const { promise, resolve } = Promise.withResolvers<Result>()
    this.#consumers.push(resolve)
    this.#handOut()
    return promise
  }

  return(): Promise<Result> {
    this.end()
    return Promise.resolve(end)
  }

  /** Ends the stream; whoever waits is told that there is nothing more. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#unsubscribe()
    this.#settle()
    this.#offered?.done()
    for (const consumer of this.#consumers) consumer(end)
    this.#consumers = []
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
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

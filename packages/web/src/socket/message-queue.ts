import { PosthouseError } from '@posthouse/core'

/** One message as it came: text or bytes. */
export type RawMessage = string | Uint8Array

/** How many messages may wait for their reader, and how many bytes. */
export interface QueueBounds {
  readonly messages: number
  readonly bytes: number
}

/** What a queue tells its owner. */
export interface QueueEvents {
  /** It holds as much as it may. */
  onFull(): void
  /** It was full and is half empty again. */
  onRoom(): void
}

interface Reader {
  readonly resolve: (message: RawMessage | undefined) => void
  readonly reject: (reason: Error) => void
}

/** What has come and was not yet received. Its owner stops the flow when it is full; what comes all the same is kept. */
export class MessageQueue {
  readonly #bounds: QueueBounds
  readonly #events: QueueEvents
  #messages: RawMessage[] = []
  /** Messages before this one were taken: to shift a long list with each costs more than to cut it now and then. */
  #first = 0
  #bytes = 0
  #full = false
  #ended = false
  #readers: Reader[] = []

  constructor(bounds: QueueBounds, events: QueueEvents) {
    this.#bounds = bounds
    this.#events = events
  }

  get length(): number {
    return this.#messages.length - this.#first
  }

  /** Characters of text and bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  push(message: RawMessage): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve(message)
      return
    }
    this.#messages.push(message)
    this.#bytes += message.length
    const { messages, bytes } = this.#bounds
    if (this.#full || (this.length < messages && this.#bytes < bytes)) return
    this.#full = true
    this.#events.onFull()
  }

  /** The next message, as soon as there is one; nothing when no more will come. Rejects with `aborted` for the signal. */
  take(signal?: AbortSignal): Promise<RawMessage | undefined> {
    if (this.length > 0) return Promise.resolve(this.#shift())
    if (this.#ended) return Promise.resolve(undefined)
    return signal === undefined ? this.#wait() : this.#waitFor(signal)
  }

  /** Nothing more comes. What waits can still be taken, unless it is to be forgotten. */
  end(forget: boolean): void {
    this.#ended = true
    if (forget) {
      this.#messages = []
      this.#first = 0
      this.#bytes = 0
    }
    for (const { resolve } of this.#readers.splice(0)) resolve(undefined)
  }

  #wait(): Promise<RawMessage | undefined> {
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  async #waitFor(signal: AbortSignal): Promise<RawMessage | undefined> {
    if (signal.aborted) throw new PosthouseError('aborted', 'the wait for a message was given up')
    const arrival = this.#wait()
    const reader = this.#readers.at(-1)
    const giveUp = (): void => {
      this.#readers = this.#readers.filter((other) => other !== reader)
      reader?.reject(new PosthouseError('aborted', 'the wait for a message was given up', { cause: signal.reason }))
    }
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await arrival
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  #shift(): RawMessage | undefined {
    const message = this.#messages[this.#first]
    this.#messages[this.#first] = ''
    this.#first++
    this.#bytes -= message?.length ?? 0
    if (this.#first === this.#messages.length || this.#first === 1024) {
      this.#messages = this.#messages.slice(this.#first)
      this.#first = 0
    }
    if (this.#full && this.length <= this.#bounds.messages / 2 && this.#bytes <= this.#bounds.bytes / 2) {
      this.#full = false
      this.#events.onRoom()
    }
    return message
  }
}

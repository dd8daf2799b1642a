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

/** Takes one message; nothing where no more will come. */
export type Reader = (message: RawMessage | undefined) => void

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
      reader(message)
      return
    }
    this.#messages.push(message)
    this.#bytes += message.length
    const { messages, bytes } = this.#bounds
    if (this.#full || (this.length < messages && this.#bytes < bytes)) return
    this.#full = true
    this.#events.onFull()
  }

  /** Has `reader` take the next message, now or when there is one. */
  next(reader: Reader): void {
    if (this.length > 0) reader(this.#shift())
    else if (this.#ended) reader(undefined)
    else this.#readers.push(reader)
  }

  /** As `next`, until the signal is aborted: then `giveUp` is called, and the next message is left to others. */
  nextUntil(signal: AbortSignal, reader: Reader, giveUp: (error: PosthouseError) => void): void {
    const aborted = (): void => {
      this.#readers = this.#readers.filter((other) => other !== take)
      giveUp(new PosthouseError('aborted', 'the wait for a message was given up', { cause: signal.reason }))
    }
    const take: Reader = (message) => {
      signal.removeEventListener('abort', aborted)
      reader(message)
    }
    if (signal.aborted) {
      aborted()
      return
    }
    signal.addEventListener('abort', aborted, { once: true })
    this.next(take)
  }

  /** The next message as a promise. Rejects with `aborted` for the signal. */
  take(signal?: AbortSignal): Promise<RawMessage | undefined> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) this.next(resolve)
      else this.nextUntil(signal, resolve, reject)
    })
  }

  /** Nothing more comes. What waits can still be taken, unless it is to be forgotten. */
  end(forget: boolean): void {
    this.#ended = true
    if (forget) {
      this.#messages = []
      this.#first = 0
      this.#bytes = 0
    }
    for (const reader of this.#readers.splice(0)) reader(undefined)
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

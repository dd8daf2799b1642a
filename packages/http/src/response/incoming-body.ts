import { PosthouseError } from '@posthouse/core'

/** Where the bytes of a body come from; it is slowed down and stopped through this. */
export interface BodySource {
  pause(): void
  resume(): void
  /** Nobody wants the rest. */
  stop(reason: Error): void
}

const nowhere: BodySource = { pause: () => undefined, resume: () => undefined, stop: () => undefined }

/** A reader that is slower than the network holds at most about as many bytes. */
const highWaterMark = 256 * 1024

/** The body of an answer, while it comes. It is read once: as a whole or chunk by chunk. */
export class IncomingBody implements AsyncIterable<Uint8Array> {
  readonly #source: BodySource
  #chunks: Uint8Array[] = []
  #held = 0
  #total = 0
  #limit = Number.POSITIVE_INFINITY
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: Error | undefined
  #wake: (() => void) | undefined
  #onSettled: ((error: Error | undefined) => void) | undefined
  #whole = false
  #paused = false
  #taken = false

  constructor(source: BodySource = nowhere) {
    this.#source = source
  }

  /** A body whose bytes are all there. */
  static of(bytes: Uint8Array): IncomingBody {
    const body = new IncomingBody()
    if (bytes.length > 0) body.push(bytes)
    body.end()
    return body
  }

  /** A body that is read from `chunks` as it is read itself; `stop` is called when nobody wants the rest. */
  static from(chunks: AsyncIterable<Uint8Array>, stop?: (reason: Error) => void): IncomingBody {
    return pumped(chunks, stop)
  }

  /** True once somebody has begun to read. */
  get taken(): boolean {
    return this.#taken
  }

  /** True once nothing more comes, whether it is complete or not. */
  get settled(): boolean {
    return this.#state !== 'open'
  }

  /** Bytes that have come so far. */
  get received(): number {
    return this.#total
  }

  /** Tells `listener` once, when the body has ended, failed or been stopped; at once where it has already. */
  onSettled(listener: (error: Error | undefined) => void): void {
    if (this.#state === 'open') this.#onSettled = chained(this.#onSettled, listener)
    else listener(this.#error)
  }

  push(chunk: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#chunks.push(chunk)
    this.#held += chunk.length
    this.#total += chunk.length
    if (this.#total > this.#limit) this.stop(tooLarge(this.#limit))
    else if (this.#whole) return
    else if (this.#held >= highWaterMark && !this.#paused) this.#pause()
    this.#wakeUp()
  }

  end(): void {
    this.#settle('ended', undefined)
  }

  fail(error: Error): void {
    this.#settle('failed', error)
  }

  /** Gives up the rest: its source is told, and who reads gets `reason`. */
  stop(reason: Error): void {
    if (this.#state !== 'open') return
    this.#chunks = []
    this.#settle('failed', reason)
    this.#source.stop(reason)
  }

  /** All bytes, where they are there already and no more than `limit`. Whoever gets them has read the body. */
  ready(limit: number): Uint8Array | undefined {
    if (this.#state !== 'ended' || this.#taken || this.#total > limit) return undefined
    this.#taken = true
    return this.#join()
  }

  /**
   * All bytes, once they are there.
   * @throws `response_too_large` for more than `limit` bytes, and the error that the body failed with.
   */
  async bytes(limit: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    this.#take()
    this.#whole = true
    this.#limit = limit
    if (this.#total > limit) {
      this.stop(tooLarge(limit))
      throw tooLarge(limit)
    }
    if (this.#state === 'open') {
      this.#resume()
      if (!this.settled) await this.#next()
    }
    if (this.#error !== undefined) throw this.#error
    return this.#join()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#take()
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#held -= chunk.length
          yield chunk
        } else if (this.#state === 'open') {
          this.#resume()
          // What was held back may come at once.
          if (this.#chunks.length === 0 && !this.settled) await this.#next()
        } else break
      }
      if (this.#error !== undefined) throw this.#error
    } finally {
      this.stop(new PosthouseError('aborted', 'the reader of the body left'))
    }
  }

  #take(): void {
    if (this.#taken) throw new PosthouseError('closed', 'the body has been read; it comes only once')
    this.#taken = true
  }

  /** Resolves when there is something new: a chunk, or, to who reads the whole, the end. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #settle(state: 'ended' | 'failed', error: Error | undefined): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#error = error
    this.#wakeUp()
    this.#onSettled?.(error)
    this.#onSettled = undefined
  }

  #pause(): void {
    this.#paused = true
    this.#source.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }

  #join(): Uint8Array {
    const chunks = this.#chunks
    this.#chunks = []
    const [only] = chunks
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
  }
}

function chained(
  first: ((error: Error | undefined) => void) | undefined,
  second: (error: Error | undefined) => void,
): (error: Error | undefined) => void {
  if (first === undefined) return second
  return (error) => {
    first(error)
    second(error)
  }
}

function tooLarge(limit: number): PosthouseError {
  return new PosthouseError(
    'response_too_large',
    `the body is larger than ${limit} bytes; read it with client.stream, or raise limits.bodyBytes`,
  )
}

/** Reads ahead of the reader no further than the high-water mark. */
function pumped(chunks: AsyncIterable<Uint8Array>, stop?: (reason: Error) => void): IncomingBody {
  let go: (() => void) | undefined
  let paused = false
  let stopped = false
  const body = new IncomingBody({
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      go?.()
    },
    stop: (reason) => {
      stopped = true
      go?.()
      stop?.(reason)
    },
  })
  const pump = async (): Promise<void> => {
    for await (const chunk of chunks) {
      body.push(chunk)
      while (paused && !stopped)
        await new Promise<void>((resolve) => {
          go = resolve
        })
      if (stopped) return
    }
    body.end()
  }
  pump().catch((error: unknown) => body.fail(error instanceof Error ? error : new Error(String(error))))
  return body
}

import type { Sink } from './sink.ts'

/** What lines can be written to: a stream of Node, a terminal, or anything with its `write`. */
export interface LineStream {
  write(text: string, written?: () => void): unknown
  readonly isTTY?: boolean | undefined
  readonly writableLength?: number | undefined
  readonly destroyed?: boolean | undefined
  on?(event: 'error' | 'close', listener: (error: Error) => void): unknown
  off?(event: 'error' | 'close', listener: (error: Error) => void): unknown
}

/** What a stream may hold that nobody reads. */
const mostWaiting = 16 * 1024 * 1024

/** Writes lines to a stream that belongs to somebody else: it is not ended. */
export class StreamSink implements Sink {
  readonly #stream: LineStream
  readonly #onTrouble: (text: string, error?: unknown) => void
  readonly #onError: (error: Error) => void
  #lost = 0
  #broken = false
  #listens = false

  constructor(stream: LineStream, onTrouble: (text: string, error?: unknown) => void) {
    this.#stream = stream
    this.#onTrouble = onTrouble
    this.#onError = (error) => this.#fail(error)
  }

  write(text: string): void {
    if (this.#broken) return
    if (this.#stream.destroyed === true) {
      this.#fail(new Error('it was destroyed'))
      return
    }
    if ((this.#stream.writableLength ?? 0) > mostWaiting) {
      this.#lost++
      return
    }
    try {
      if (!this.#listens) this.#listen()
      if (this.#lost > 0) this.#tellLoss()
      this.#stream.write(text)
    } catch (error) {
      this.#fail(error)
    }
  }

  flush(): void {
    // A stream has its own buffer, which only it can empty.
  }

  /** Streams write in order: when an empty text is through, everything before it is. */
  async drain(): Promise<void> {
    if (this.#broken || this.#stream.destroyed === true || !(this.#stream.writableLength ?? 0)) return
    await new Promise<void>((resolve) => {
      // One that is destroyed meanwhile never calls back.
      const end = (): void => {
        this.#stream.off?.('close', end)
        resolve()
      }
      this.#stream.on?.('close', end)
      this.#stream.write('', end)
    })
  }

  /** What is under way may fail yet, and without a listener that would end the program. */
  close(): void {
    if (this.#listens)
      void this.drain().then(() => setImmediate(() => this.#stream.off?.('error', this.#onError)).unref())
  }

  /** Without a listener a pipe that nobody reads any more would end the program. */
  #listen(): void {
    this.#listens = true
    this.#stream.on?.('error', this.#onError)
  }

  #tellLoss(): void {
    const lost = this.#lost
    this.#lost = 0
    this.#onTrouble(`${lost} lines for a stream were lost, because it is slower than they come`)
  }

  #fail(error: unknown): void {
    if (!this.#broken) this.#onTrouble('a stream that takes lines is broken', error)
    this.#broken = true
  }
}

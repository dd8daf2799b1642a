import { PosthouseError, reasonOf } from '@posthouse/core'
import type { UploadSource } from './upload-source.ts'

/** A source of bytes that can be read only once. */
export class StreamSource implements UploadSource {
  readonly name: string
  readonly seekable = false
  readonly #chunks: AsyncIterator<unknown>
  /** What was taken from the stream and not read yet. */
  #rest: Uint8Array = new Uint8Array(0)

  constructor(name: string, stream: AsyncIterable<unknown>) {
    this.name = name
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = end - start
    while (left > 0) {
      const chunk = this.#rest.length > 0 ? this.#rest : await this.#next()
      if (chunk === undefined) return
      const taken = chunk.subarray(0, left)
      this.#rest = chunk.subarray(taken.length)
      left -= taken.length
      yield taken
    }
  }

  // Nobody can say what a stream would have been.
  async verify(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    // A stream that has failed has nothing more to say.
    await Promise.resolve(this.#chunks.return?.()).catch(() => undefined)
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#take()
      if (done) return undefined
      const bytes = bytesOfChunk(value)
      if (bytes.length > 0) return bytes
    }
  }

  async #take(): Promise<IteratorResult<unknown>> {
    try {
      return await this.#chunks.next()
    } catch (cause) {
      throw new PosthouseError('source_failed', `the stream ended with: ${reasonOf(cause)}`, { cause })
    }
  }
}

function bytesOfChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk)
  throw new PosthouseError('source_failed', `a stream that is sent must give bytes or text, not ${typeof chunk}`)
}

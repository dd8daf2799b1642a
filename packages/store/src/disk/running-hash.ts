import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

const chunkBytes = 256 * 1024

/** The SHA-256 of an upload as it grows. It is lost with the process, and then made from the file. */
export class RunningHash {
  #hash: Hash | undefined = createHash('sha256')
  #offset = 0

  add(offset: number, chunk: Uint8Array): void {
    if (offset !== this.#offset) this.forget()
    this.#hash?.update(chunk)
    this.#offset += chunk.length
  }

  /** What it was told is not so. */
  forget(): void {
    this.#hash = undefined
  }

  /** Of the file at `path`, which has `size` bytes, in hexadecimal digits. */
  async digest(path: string, size: number): Promise<string> {
    if (this.#hash && this.#offset === size) return this.#hash.copy().digest('hex')
    const hash = createHash('sha256')
    if (size === 0) return hash.digest('hex')
    for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: chunkBytes })) hash.update(chunk)
    return hash.digest('hex')
  }
}

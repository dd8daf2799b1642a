import { Buffer } from 'node:buffer'

/** Reads what a `ByteWriter` wrote. Bytes that end too early throw a RangeError. */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
  }

  get position(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++)
  }

  number(): number {
    let value = 0
    let factor = 1
    for (let byte = this.byte(); ; byte = this.byte()) {
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
  }

  float(): number {
    this.#at += 8
    return this.#bytes.readDoubleLE(this.#at - 8)
  }

  text(): string {
    const length = this.number()
    const start = this.#advance(Math.floor(length / 2))
    return this.#bytes.toString(length % 2 === 0 ? 'utf8' : 'utf16le', start, this.#at)
  }

  /** A view, not a copy. */
  blob(): Uint8Array {
    const start = this.#advance(this.number())
    return this.#bytes.subarray(start, this.#at)
  }

  #advance(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError(`${length} bytes were expected at ${start}`)
    return start
  }
}

import { Buffer } from 'node:buffer'
import { keptName } from './kept-names.ts'

/** The longest text that may be kept, by what is written before it. */
const longestName = 48 << 1

/** Reads what a `ByteWriter` wrote. Bytes that end too early throw a RangeError. */
export class ByteReader {
  readonly #bytes: Buffer
  readonly #copies: boolean
  #at: number

  /** @param copies whether what is read must not keep the bytes in memory. Default false. */
  constructor(bytes: Uint8Array, at = 0, copies = false) {
    this.#bytes = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#copies = copies
    this.#at = at
  }

  get position(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError(`a byte was expected at ${this.#at - 1}`)
    return byte
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

  /** Text that comes again and again, such as an address. */
  name(): string {
    const length = this.#bytes[this.#at]
    if (length === undefined || length > longestName || length % 2 === 1) return this.text()
    const start = this.#advance(1 + length / 2) + 1
    return keptName(this.#bytes, start, this.#at)
  }

  /** A view, unless copies are wanted. */
  blob(): Uint8Array {
    const start = this.#advance(this.number())
    if (!this.#copies) return this.#bytes.subarray(start, this.#at)
    const copy = Buffer.allocUnsafe(this.#at - start)
    this.#bytes.copy(copy, 0, start, this.#at)
    return copy
  }

  #advance(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError(`${length} bytes were expected at ${start}`)
    return start
  }
}

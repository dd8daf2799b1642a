import { Buffer } from 'node:buffer'

/** New memory is taken in pieces of this size, so that small batches share one. */
const pieceBytes = 1 << 20

/** The longest text whose length fits into one byte. */
const shortText = 63

/**
 * Writes one section after the other into memory that is never written twice, so that finished sections can be kept
 * as views. Text is UTF-8; numbers are whole and not negative, seven bits a byte, unless said otherwise.
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(0)
  #start = 0
  #at = 0

  /** Where the next byte of the section goes, counted from its beginning. */
  get position(): number {
    return this.#at - this.#start
  }

  /** Begins a section, giving up one that was not finished. */
  begin(): void {
    this.#at = this.#start
  }

  /** Ends the section and hands it out. */
  finish(): Buffer {
    const section = this.#bytes.subarray(this.#start, this.#at)
    this.#start = this.#at
    return section
  }

  /** What has been written of the section so far. It moves when more is written. */
  written(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at)
  }

  byte(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#at++] = value
  }

  number(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    let rest = value
    // Bit operations end at 32 bits; positions and times do not.
    while (rest >= 0x80000000) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#at++] = rest
  }

  /** Any number, in eight bytes. */
  float(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** Four bytes. */
  word(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow(4)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  text(value: string): void {
    if (value.length > shortText || !this.#shortAscii(value)) this.#anyText(value)
  }

  /** The length, then the bytes. */
  blob(value: Uint8Array): void {
    this.number(value.byteLength)
    if (this.#at + value.byteLength > this.#bytes.length) this.#grow(value.byteLength)
    this.#bytes.set(value, this.#at)
    this.#at += value.byteLength
  }

  // Ids and addresses are short ASCII nearly always, and for those a loop beats the call into the runtime.
  #shortAscii(value: string): boolean {
    const { length } = value
    if (this.#at + length + 1 > this.#bytes.length) this.#grow(length + 1)
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = length << 1
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.#at = at
    return true
  }

  /** The lowest bit of the length tells UTF-8 from UTF-16, the only one that can say a lone surrogate. */
  #anyText(value: string): void {
    const encoding = value.isWellFormed() ? 'utf8' : 'utf16le'
    const length = Buffer.byteLength(value, encoding)
    this.number(length * 2 + (encoding === 'utf8' ? 0 : 1))
    if (this.#at + length > this.#bytes.length) this.#grow(length)
    this.#at += this.#bytes.write(value, this.#at, encoding)
  }

  /** Goes on in new memory, taking the unfinished section along. */
  #grow(missing: number): void {
    const used = this.#at - this.#start
    const larger = Buffer.allocUnsafeSlow(Math.max(pieceBytes, 2 * (used + missing)))
    this.#bytes.copy(larger, 0, this.#start, this.#at)
    this.#bytes = larger
    this.#start = 0
    this.#at = used
  }
}

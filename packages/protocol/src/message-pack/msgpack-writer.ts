const encoder = new TextEncoder()
/**
 * Short frames are written one behind the other into memory of this size: memory of its own costs each more than the
 * rest.
 */
const slabBytes = 16_384
/** What a frame finds at least, before the next slab is begun. */
const roomBytes = 2048
/** In longer strings the platform's encoder is faster than a loop. */
const shortText = 160

/** Writes one MessagePack map after another. A map that does not fit is given up; nothing of it is seen. */
export class MsgpackWriter {
  #slab = new Uint8Array(slabBytes)
  #start = 0
  #at = 0
  #members = 0

  /** Begins a map of at most 15 members, in place of one that was not finished. */
  begin(): void {
    if (slabBytes - this.#start < roomBytes) {
      this.#slab = new Uint8Array(slabBytes)
      this.#start = 0
    }
    this.#at = this.#start + 1
    this.#members = 0
  }

  /** Writes the name of a member, whose value must follow; false where there is no room. */
  name(name: string): boolean {
    this.#members++
    return this.text(name)
  }

  /** Half a surrogate pair becomes U+FFFD. */
  text(text: string): boolean {
    const { length } = text
    // Of UTF-16 a unit takes at most three bytes; a head takes five.
    if (this.#at + 3 * length + 5 > slabBytes) return false
    const start = this.#at
    if (length > shortText) return this.#wideText(text)
    const slab = this.#slab
    let at = this.#head(length)
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) {
        this.#at = start
        return this.#wideText(text)
      }
      slab[at++] = code
    }
    this.#at = at
    return true
  }

  /** A whole number from 0 to 2^53 - 1, in the shortest form; false for any other. */
  whole(value: number): boolean {
    if (!Number.isSafeInteger(value) || value < 0 || this.#at + 9 > slabBytes) return false
    if (value < 0x80) this.#byte(value)
    else if (value < 0x100) this.#sized(0xcc, value, 1)
    else if (value < 0x1_0000) this.#sized(0xcd, value, 2)
    else if (value < 0x1_0000_0000) this.#sized(0xce, value, 4)
    else {
      this.#sized(0xcf, Math.floor(value / 0x1_0000_0000), 4)
      this.#bigEndian(value % 0x1_0000_0000, 4)
    }
    return true
  }

  /** The map, with `last` as the value of its last member where that is given. */
  finish(last?: Uint8Array): Uint8Array {
    const start = this.#start
    this.#slab[start] = 0x80 | this.#members
    if (last === undefined) return this.#cut()
    if (this.#at + last.length <= slabBytes) {
      this.#slab.set(last, this.#at)
      this.#at += last.length
      return this.#cut()
    }
    const whole = new Uint8Array(this.#at - start + last.length)
    whole.set(this.#slab.subarray(start, this.#at))
    whole.set(last, this.#at - start)
    return whole
  }

  #cut(): Uint8Array {
    const written = new Uint8Array(this.#slab.buffer, this.#start, this.#at - this.#start)
    this.#start = this.#at
    return written
  }

  #wideText(text: string): boolean {
    const slab = this.#slab
    const start = this.#at
    // Behind the longest head; then the text is moved to the end of its own.
    const { written } = encoder.encodeInto(text, slab.subarray(start + 5))
    const at = this.#head(written)
    slab.copyWithin(at, start + 5, start + 5 + written)
    this.#at = at + written
    return true
  }

  /** Writes the head of a string of `length` bytes; returns where its text begins. */
  #head(length: number): number {
    if (length < 32) this.#byte(0xa0 | length)
    else if (length < 0x100) this.#sized(0xd9, length, 1)
    else this.#sized(0xda, length, 2)
    return this.#at
  }

  #sized(type: number, value: number, bytes: number): void {
    this.#byte(type)
    this.#bigEndian(value, bytes)
  }

  #bigEndian(value: number, bytes: number): void {
    for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) this.#byte(value >>> shift)
  }

  #byte(byte: number): void {
    this.#slab[this.#at++] = byte
  }
}

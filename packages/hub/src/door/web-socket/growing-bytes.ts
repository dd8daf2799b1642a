const firstBytes = 1024

/** Bytes that come in pieces. It takes at most about twice the memory of what has come, whatever was announced. */
export class GrowingBytes {
  #bytes: Uint8Array = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has come so far, in memory that is not used again. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** @param most how many bytes there will be at most in the end */
  append(piece: Uint8Array, most: number): void {
    const length = this.#length + piece.length
    if (length > this.#bytes.length) this.#grow(Math.max(length, Math.min(most, Math.max(length * 2, firstBytes))))
    this.#bytes.set(piece, this.#length)
    this.#length = length
  }

  #grow(capacity: number): void {
    const larger = Buffer.allocUnsafe(capacity)
    larger.set(this.bytes)
    this.#bytes = larger
  }
}

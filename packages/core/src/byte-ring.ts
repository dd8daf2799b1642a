/** There is room for so many bytes at the least. */
const leastRoom = 8192

/**
 * Bytes outside of the heap of objects: what is written goes behind what is there, and what was written first goes first. Positions
 * only grow; numbers stand at such that can be divided by their size.
 */
export class ByteRing {
  /** Always a power of two, so that a place is found by a mask. */
  #bytes = new Uint8Array(leastRoom)
  #shorts = new Uint16Array(this.#bytes.buffer)
  #words = new Int32Array(this.#bytes.buffer)
  #doubles = new Float64Array(this.#bytes.buffer)
  #mask = leastRoom - 1
  #begin = 0
  #end = 0

  /** Where the oldest byte stands. */
  get begin(): number {
    return this.#begin
  }

  /** Where the next one will stand. */
  get end(): number {
    return this.#end
  }

  /** Makes room for so many bytes behind the others, and returns where they begin. */
  extend(bytes: number): number {
    const begin = this.#end
    const wanted = begin - this.#begin + bytes
    if (wanted > this.#bytes.length) this.#resize(2 ** Math.ceil(Math.log2(wanted)))
    this.#end = begin + bytes
    return begin
  }

  /** Drops the oldest bytes, up to a position. */
  dropUntil(position: number): void {
    this.#begin = position
  }

  /** Lets go of room that is not needed any more. */
  compact(): void {
    const size = this.#end - this.#begin
    const room = this.#bytes.length
    if (room > leastRoom && size < room / 8) this.#resize(room / 4)
  }

  short(position: number): number {
    return this.#shorts[(position & this.#mask) >>> 1] ?? 0
  }

  setShort(position: number, value: number): void {
    this.#shorts[(position & this.#mask) >>> 1] = value
  }

  word(position: number): number {
    return this.#words[(position & this.#mask) >>> 2] ?? 0
  }

  setWord(position: number, value: number): void {
    this.#words[(position & this.#mask) >>> 2] = value
  }

  double(position: number): number {
    return this.#doubles[(position & this.#mask) >>> 3] ?? 0
  }

  setDouble(position: number, value: number): void {
    this.#doubles[(position & this.#mask) >>> 3] = value
  }

  /** Writes a text, one byte for each unit. Its return has more than eight bits where one of them does not fit. */
  setNarrow(position: number, text: string): number {
    const bytes = this.#bytes
    const mask = this.#mask
    let at = position & mask
    let all = 0
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      all |= unit
      bytes[at] = unit
      at = (at + 1) & mask
    }
    return all
  }

  /** Writes a text, two bytes for each unit. */
  setWide(position: number, text: string): void {
    for (let index = 0; index < text.length; index++) this.setShort(position + 2 * index, text.charCodeAt(index))
  }

  /** True where a text stands there. */
  has(position: number, text: string, wide: boolean): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.#unit(position, index, wide) !== text.charCodeAt(index)) return false
    }
    return true
  }

  /** The text of so many units that stands there. */
  text(position: number, length: number, wide: boolean): string {
    let text = ''
    for (let index = 0; index < length; index++) text += String.fromCharCode(this.#unit(position, index, wide))
    return text
  }

  #unit(position: number, index: number, wide: boolean): number {
    return wide ? this.short(position + 2 * index) : (this.#bytes[(position + index) & this.#mask] ?? 0)
  }

  #resize(room: number): void {
    const [from, mask] = [this.#bytes, this.#mask]
    const bytes = new Uint8Array(room)
    for (let at = this.#begin; at < this.#end; ) {
      // As far as both are in one piece.
      const piece = Math.min(this.#end - at, from.length - (at & mask), room - (at & (room - 1)))
      bytes.set(from.subarray(at & mask, (at & mask) + piece), at & (room - 1))
      at += piece
    }
    this.#bytes = bytes
    this.#shorts = new Uint16Array(bytes.buffer)
    this.#words = new Int32Array(bytes.buffer)
    this.#doubles = new Float64Array(bytes.buffer)
    this.#mask = room - 1
  }
}

/** Stands before the number in each body. Nothing in the languages escapes it, and no two-byte length can spell it. */
const mark = '#=#'
/** Digits of the lane, then of the message in it. */
const laneDigits = 4
const messageDigits = 6
/** Length of the part of a body that is looked for. */
const labelBytes = mark.length + laneDigits + messageDigits
/** Messages of one lane are numbered up to here, then from 0 again. */
const numbersPerLane = 10 ** messageDigits

/** The body of message `number` in a lane: its label, then filling. */
export function bodyOf(lane: number, number: number, bytes: number): string {
  const label = mark + String(lane).padStart(laneDigits, '0') + String(number).padStart(messageDigits, '0')
  return label.padEnd(bytes, 'x')
}

/** Finds the labels in a stream of bytes, and holds them against the order in which they must come. */
export class LabelReader {
  readonly #base: number
  readonly #ring: number
  #expected = 0
  /** The least distance between two labels so far. */
  #stride = Number.MAX_SAFE_INTEGER
  /** The end of the last chunk, where it may hold the beginning of a label. */
  #tail: Buffer = Buffer.alloc(0)
  #error: string | undefined

  /** @param ring how many messages are numbered before the numbers start again */
  constructor(lane: number, ring: number) {
    this.#base = lane * numbersPerLane
    this.#ring = ring
  }

  /** The first thing that was wrong. */
  get error(): string | undefined {
    return this.#error
  }

  /** Takes the next bytes of the stream; returns how many messages they completed. The buffer may be reused after. */
  take(chunk: Buffer): number {
    const split = this.#tail.length > 0 ? this.#takeSplit(chunk) : { count: 0, at: 0 }
    return split.count + this.#scan(chunk, split.at)
  }

  /** Looks for a label that began in the last chunk. */
  #takeSplit(chunk: Buffer): { readonly count: number; readonly at: number } {
    const before = this.#tail.length
    const joint = Buffer.concat([this.#tail, chunk.subarray(0, labelBytes - 1)])
    this.#tail = Buffer.alloc(0)
    const found = joint.indexOf(needle)
    if (found >= 0 && found < before && found + labelBytes <= joint.length) {
      this.#check(joint, found)
      return { count: 1, at: found + labelBytes - before }
    }
    if (chunk.length >= labelBytes - 1) return { count: 0, at: 0 }
    this.#tail = joint.subarray(Math.max(0, joint.length - labelBytes + 1))
    return { count: 0, at: chunk.length }
  }

  #scan(chunk: Buffer, from: number): number {
    let count = 0
    let at = from
    let last = -1
    for (;;) {
      // Most messages are equally long: a look at the place where the next label should be is cheaper than a search.
      const guess = last + this.#stride
      const right = last >= 0 && chunk[guess] === mark0 && chunk[guess + 1] === mark1 && chunk[guess + 2] === mark0
      const found = right ? guess : chunk.indexOf(needle, at)
      if (found < 0 || found + labelBytes > chunk.length) break
      this.#check(chunk, found)
      count++
      if (last >= 0 && !right) this.#stride = Math.min(this.#stride, found - last)
      last = found
      at = found + labelBytes
    }
    this.#keepTail(chunk, at)
    return count
  }

  #keepTail(chunk: Buffer, from: number): void {
    const start = Math.max(from, chunk.length - labelBytes + 1)
    if (start < chunk.length) this.#tail = Buffer.from(chunk.subarray(start))
  }

  #check(bytes: Buffer, at: number): void {
    let label = 0
    for (let index = at + mark.length; index < at + labelBytes; index++) label = label * 10 + ((bytes[index] ?? 0) - 48)
    if (label !== this.#base + this.#expected) {
      const text = JSON.stringify(bytes.toString('latin1', at, at + labelBytes))
      this.#error ??= `${text} came where message ${this.#base + this.#expected} was due`
      this.#expected = label % numbersPerLane
    }
    this.#expected = this.#expected + 1 === this.#ring ? 0 : this.#expected + 1
  }
}

const needle = Buffer.from(mark)
const mark0 = mark.charCodeAt(0)
const mark1 = mark.charCodeAt(1)

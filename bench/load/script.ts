import { bodyOf } from './body.ts'
import type { Language } from './language.ts'
import type { Line } from './line.ts'

/** What a script holds. */
export interface ScriptOptions {
  readonly to: string
  /** Stands in each body, together with the message's number. */
  readonly lane?: number
  /** How many different messages there are; after the last comes the first again. */
  readonly messages: number
  readonly bodyBytes?: number
}

/** Messages that were encoded before the clock started, to be written over and over. */
export class Script {
  readonly #bytes: Buffer
  /** Where each unit on the wire begins, and where the last one ends. */
  readonly #starts: number[] = [0]
  readonly #batch: number
  #next = 0

  constructor(language: Language, options: ScriptOptions) {
    const { to, lane = 0, messages, bodyBytes = 128 } = options
    this.#batch = language.batch
    const units: Buffer[] = []
    for (let first = 0; first < messages; first += language.batch) {
      const letters = Array.from({ length: language.batch }, (_, index) => ({
        to,
        body: bodyOf(lane, first + index, bodyBytes),
        id: messageId(lane, first + index),
      }))
      const unit = language.encode(letters)
      units.push(unit)
      this.#starts.push((this.#starts.at(-1) ?? 0) + unit.length)
    }
    this.#bytes = Buffer.concat(units)
  }

  /** Writes the next messages, as many whole units as fit into `most`; returns how many messages that were. */
  write(line: Line, most: number): number {
    const units = Math.floor(most / this.#batch)
    const end = this.#starts.length - 1
    let left = units
    while (left > 0) {
      const step = Math.min(left, end - this.#next)
      line.write(this.#bytes.subarray(this.#starts[this.#next], this.#starts[this.#next + step]))
      this.#next = (this.#next + step) % end
      left -= step
    }
    return units * this.#batch
  }
}

/** As long as the ids that the client library makes. */
export function messageId(lane: number, number: number): string {
  return `018f6f3a-0000-7000-8000-${String(lane).padStart(4, '0')}${String(number).padStart(8, '0')}`
}

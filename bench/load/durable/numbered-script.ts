import { clientFrame } from '../web-socket.ts'

/** Writes a number into a message that was encoded before. */
type Stamp = (message: Buffer, number: number) => void

/** Where messages go. */
interface Outlet {
  write(bytes: Buffer): void
}

/**
 * Messages that were encoded before the clock started, to be written over and over, each time under a new number. There
 * must be more of them than can be under way.
 */
export class NumberedScript {
  readonly #messages: readonly Buffer[]
  readonly #all: Buffer
  readonly #stamp: Stamp
  #next = 0

  /** @param messages all of one length */
  constructor(messages: readonly Buffer[], stamp: Stamp) {
    this.#all = Buffer.concat(messages)
    const bytes = this.#all.length / messages.length
    this.#messages = messages.map((_, index) => this.#all.subarray(index * bytes, (index + 1) * bytes))
    this.#stamp = stamp
  }

  /** Writes the next `count` messages; returns that number. */
  write(outlet: Outlet, count: number): number {
    const ring = this.#messages.length
    const bytes = this.#all.length / ring
    for (let left = count; left > 0; ) {
      const first = this.#next % ring
      const step = Math.min(left, ring - first)
      for (let index = first; index < first + step; index++) {
        const message = this.#messages[index]
        if (message !== undefined) this.#stamp(message, this.#next++)
      }
      outlet.write(this.#all.subarray(first * bytes, (first + step) * bytes))
      left -= step
    }
    return count
  }
}

/** Digits in a message that follow its number. */
interface Field {
  /** What stands before them. */
  readonly mark: string
  readonly digits: number
  readonly of: (number: number) => number
}

/** The first producer number; all that follow have as many digits. */
export const firstNumber = 1_000_000_000

/** The fields that messages have. */
export const fieldsOf = {
  n: { mark: '"n":', digits: 10, of: (number: number) => firstNumber + number },
  /** The number in a body of lane 0. */
  label: (of: (number: number) => number): Field => ({ mark: '#=#0000', digits: 6, of }),
} as const

/** WebSocket messages with fields to be filled in. */
export function numberedFrames(payloads: readonly string[], fields: readonly Field[]): NumberedScript {
  const frames = payloads.map((payload) => clientFrame(Buffer.from(payload), 'text'))
  const [payload = ''] = payloads
  const head = (frames[0]?.length ?? 0) - Buffer.byteLength(payload)
  const places = fields.map((field) => ({ ...field, at: payload.indexOf(field.mark) + field.mark.length }))
  return new NumberedScript(frames, (frame, number) => {
    for (const { at, digits, of } of places) writeDigits(frame, head, at + digits, [digits, of(number)])
  })
}

/** The mask lies before the payload (RFC 6455, section 5.3). */
function writeDigits(frame: Buffer, head: number, end: number, [digits, value]: readonly [number, number]): void {
  let rest = value
  for (let at = end - 1; at >= end - digits; at--) {
    frame[head + at] = (48 + (rest % 10)) ^ (frame[head - 4 + (at & 3)] ?? 0)
    rest = Math.floor(rest / 10)
  }
}

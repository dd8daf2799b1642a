import { maxDepth, maxFramesPerArray } from '../frame/codec.ts'
import type { ClientFrame } from '../frame/frames.ts'
import { nameOf, names, opOf, QuickFrame } from '../frame/quick-frame.ts'
import { asciiText, keptText, wideText } from '../frame/short-text.ts'
import { declined } from '../frame/utf8.ts'
import { isDigit, quote, skipPlain, skipSpace, skipString, skipValue } from './json-skip.ts'

const comma = 0x2c
const colon = 0x3a
/** Longer numbers may not be exact. */
const mostDigits = 15

/**
 * Reads a message of nothing but ordinary `send`, `ack`, `request` and `response` frames in one pass over its bytes, bodies being judged and
 * left as they are. Whatever is unusual (a name that is spelled with escapes or comes twice, a field that is not known
 * or has the wrong form, a broken message) is declined: nothing is returned, and the thorough decoder has to say what
 * it is.
 */
export function readQuickly(bytes: Uint8Array): readonly ClientFrame[] | undefined {
  const reader = new QuickReader(bytes)
  const start = skipSpace(bytes, 0)
  if (bytes[start] !== 0x5b) {
    const frame = reader.frame(start)
    return frame !== undefined && skipSpace(bytes, reader.end) === bytes.length ? [frame] : undefined
  }
  const frames: ClientFrame[] = []
  for (let at = start, next = comma; next === comma; ) {
    const frame = reader.frame(skipSpace(bytes, at + 1))
    if (frame === undefined || frames.length === maxFramesPerArray) return undefined
    frames.push(frame)
    at = skipSpace(bytes, reader.end)
    next = bytes[at] ?? 0
    if (next === 0x5d) return skipSpace(bytes, at + 1) === bytes.length ? frames : undefined
  }
  return undefined
}

class QuickReader {
  readonly #bytes: Uint8Array
  readonly #frame = new QuickFrame()
  /** Where what was read last ends. */
  end = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  frame(start: number): ClientFrame | undefined {
    const bytes = this.#bytes
    const frame = this.#frame
    frame.clear()
    if (bytes[start] !== 0x7b) return undefined
    let at = start
    do {
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== quote) return undefined
      const nameAt = at + 1
      at = skipPlain(bytes, nameAt)
      if (bytes[at] !== quote) return undefined
      const name = nameOf(bytes, nameAt, at)
      if (!frame.note(name)) return undefined
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== colon) return undefined
      at = this.#member(name, skipSpace(bytes, at + 1))
      if (at === declined) return undefined
      at = skipSpace(bytes, at)
    } while (bytes[at] === comma)
    this.end = at + 1
    return bytes[at] === 0x7d ? frame.finish() : undefined
  }

  #member(name: number, at: number): number {
    switch (name) {
      case names.op:
        return this.#op(at)
      case names.body:
        return this.#body(at)
      case names.n:
      case names.qos:
      case names.seq:
      case names.ttlMs:
      case names.timeoutMs:
      case names.priority:
      case names.deliverAt:
        return this.#number(name, at)
      case names.receipts:
      case names.retain:
        return this.#flag(name, at)
      case names.headers:
      case names.sec:
        return this.#content(name, at)
      default:
        return this.#text(name, at)
    }
  }

  #op(at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== quote) return declined
    const end = skipPlain(bytes, at + 1)
    if (bytes[end] !== quote) return declined
    this.#frame.op = opOf(bytes, at + 1, end)
    return this.#frame.op === '' ? declined : end + 1
  }

  #body(at: number): number {
    const bytes = this.#bytes
    const end = skipValue(bytes, at, maxDepth - 1)
    if (end !== declined) {
      this.#frame.body = { format: 'json', bytes: new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at) }
    }
    return end
  }

  /** A whole number that is not negative, spelled in the usual way. */
  #number(name: number, start: number): number {
    const bytes = this.#bytes
    let at = start
    let value = 0
    for (let byte = bytes[at] ?? 0; isDigit(byte); byte = bytes[++at] ?? 0) value = value * 10 + byte - 0x30
    const length = at - start
    if (length === 0 || length > mostDigits || (length > 1 && bytes[start] === 0x30)) return declined
    this.#frame.setNumber(name, value)
    // What follows a number must be a comma or brace; a fraction or exponent is no end.
    return at
  }

  #flag(name: number, at: number): number {
    const bytes = this.#bytes
    const end = at + (bytes[at] === 0x74 ? 4 : 5)
    const word = asciiText(bytes, at, Math.min(end, bytes.length))
    if (word !== 'true' && word !== 'false') return declined
    this.#frame.setFlag(name, word === 'true')
    return end
  }

  #text(name: number, at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== quote) return declined
    const start = at + 1
    let end = skipPlain(bytes, start)
    if (bytes[end] === quote) {
      this.#frame.setText(name, name === names.id ? asciiText(bytes, start, end) : keptText(bytes, start, end))
      return end + 1
    }
    if ((bytes[end] ?? 0) < 0x80) return declined
    end = skipString(bytes, start)
    if (end === declined || bytes.subarray(start, end).includes(0x5c)) return declined
    this.#frame.setText(name, wideText(bytes, start, end - 1))
    return end
  }

  /** The content of a field that is the application's own. */
  #content(name: number, at: number): number {
    const end = skipValue(this.#bytes, at, maxDepth - 1)
    if (end === declined) return declined
    const value: unknown = JSON.parse(wideText(this.#bytes, at, end))
    if (name === names.sec) this.#frame.sec = value
    else this.#frame.headers = value
    return end
  }
}

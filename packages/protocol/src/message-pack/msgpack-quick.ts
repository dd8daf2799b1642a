import { maxDepth, maxFramesPerArray } from '../frame/codec.ts'
import type { ClientFrame } from '../frame/frames.ts'
import { nameOf, names, opOf, QuickFrame } from '../frame/quick-frame.ts'
import { asciiText, keptText, wideText } from '../frame/short-text.ts'
import { declined } from '../frame/utf8.ts'
import { decodeValue } from './msgpack-message.ts'
import { isUtf8, sizeAt, skipAscii, skipValue, textAt, textEnd } from './msgpack-skip.ts'

/**
 * Reads a message of nothing but ordinary `send`, `ack`, `request` and `response` frames without decoding their bodies, which are judged and left
 * as they are. Whatever is unusual is declined: nothing is returned, and the thorough decoder has to say what it is.
 */
export function readQuickly(bytes: Uint8Array): readonly ClientFrame[] | undefined {
  const reader = new QuickReader(bytes)
  const first = bytes[0] ?? 0
  const array = (first & 0xf0) === 0x90 || first === 0xdc
  if (!array) {
    const frame = reader.frame(0)
    return frame !== undefined && reader.end === bytes.length ? [frame] : undefined
  }
  const count = first === 0xdc ? sizeAt(bytes, 1, 2) : first & 0x0f
  if (count > maxFramesPerArray) return undefined
  reader.end = first === 0xdc ? 3 : 1
  const frames: ClientFrame[] = []
  for (let left = count; left > 0; left--) {
    const frame = reader.frame(reader.end)
    if (frame === undefined) return undefined
    frames.push(frame)
  }
  return reader.end === bytes.length ? frames : undefined
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
    const first = bytes[start] ?? 0
    if ((first & 0xf0) !== 0x80) return undefined
    frame.clear()
    let at = start + 1
    for (let left = first & 0x0f; left > 0; left--) {
      const nameAt = textAt(bytes, at)
      if (nameAt === declined) return undefined
      const nameEnd = textEnd(bytes, at)
      if (nameEnd > bytes.length) return undefined
      const name = nameOf(bytes, nameAt, nameEnd)
      if (!frame.note(name)) return undefined
      at = this.#member(name, nameEnd)
      if (at === declined || at > bytes.length) return undefined
    }
    this.end = at
    return frame.finish()
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
    const start = textAt(this.#bytes, at)
    if (start === declined) return declined
    const end = textEnd(this.#bytes, at)
    this.#frame.op = opOf(this.#bytes, start, end)
    return this.#frame.op === '' ? declined : end
  }

  #body(at: number): number {
    const end = skipValue(this.#bytes, at, maxDepth - 1)
    if (end === declined || end > this.#bytes.length) return declined
    this.#frame.body = { format: 'msgpack', bytes: this.#part(at, end) }
    return end
  }

  /** A whole number that is not negative, as its own type. */
  #number(name: number, at: number): number {
    const bytes = this.#bytes
    const first = bytes[at] ?? 0xc1
    const length = first < 0x80 ? 0 : first >= 0xcc && first <= 0xcf ? 1 << (first - 0xcc) : declined
    if (length === declined) return declined
    const value = length === 0 ? first : sizeAt(bytes, at + 1, length)
    if (value > Number.MAX_SAFE_INTEGER) return declined
    this.#frame.setNumber(name, value)
    return at + 1 + length
  }

  #flag(name: number, at: number): number {
    const byte = this.#bytes[at]
    if (byte !== 0xc2 && byte !== 0xc3) return declined
    this.#frame.setFlag(name, byte === 0xc3)
    return at + 1
  }

  #text(name: number, at: number): number {
    const bytes = this.#bytes
    const start = textAt(bytes, at)
    if (start === declined) return declined
    const end = textEnd(bytes, at)
    if (end > bytes.length) return declined
    if (skipAscii(bytes, start, end) === end) {
      this.#frame.setText(name, name === names.id ? asciiText(bytes, start, end) : keptText(bytes, start, end))
      return end
    }
    if (!isUtf8(bytes, start, end)) return declined
    this.#frame.setText(name, wideText(bytes, start, end))
    return end
  }

  /** The content of a field that is the application's own. */
  #content(name: number, at: number): number {
    const end = skipValue(this.#bytes, at, maxDepth - 1)
    if (end === declined || end > this.#bytes.length) return declined
    const value = decodeValue(this.#part(at, end))
    if (name === names.sec) this.#frame.sec = value
    else this.#frame.headers = value
    return end
  }

  #part(start: number, end: number): Uint8Array {
    const { buffer, byteOffset } = this.#bytes
    return new Uint8Array(buffer, byteOffset + start, end - start)
  }
}

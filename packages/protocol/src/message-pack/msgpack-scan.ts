import { PosthouseError } from '@posthouse/core'
import { assertFewFrames } from '../frame/codec.ts'
import type { Span } from '../json/json-scan.ts'

/** How many bytes of head and payload, and how many values inside, follow a MessagePack type byte. */
interface Head {
  /** Bytes of the value itself, type byte included, without the values inside it. */
  readonly bytes: number
  /** Values inside it; twice the pairs of a map. */
  readonly values: number
  readonly kind: 'map' | 'array' | 'ext' | 'text' | 'leaf'
}

/**
 * Walks one MessagePack message (one map, or an array of maps) without decoding it. Proves that it is complete, has
 * nothing behind it, no extension types, only UTF-8 in its strings, and is not nested too deep, counted from each map;
 * returns the bytes of the member `wanted` of each map.
 * @throws PosthouseError `malformed_frame`, `too_deep`, `frame_too_large`
 */
export function scanMsgpack(bytes: Uint8Array, wanted: string, depthLimit: number): readonly (Span | undefined)[] {
  const scan = new MsgpackScan(bytes, depthLimit)
  const top = scan.head(0)
  if (top.kind === 'array') assertFewFrames(top.values)
  const spans: (Span | undefined)[] = []
  let at = 0
  const count = top.kind === 'array' ? top.values : 1
  if (top.kind === 'array') at = top.bytes
  for (let index = 0; index < count; index++) {
    const { end, span } = scan.map(at, wanted)
    spans.push(span)
    at = end
  }
  if (at !== bytes.length) throw new PosthouseError('malformed_frame', `${bytes.length - at} bytes follow the message`)
  return spans
}

class MsgpackScan {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #depthLimit: number

  constructor(bytes: Uint8Array, depthLimit: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#depthLimit = depthLimit
  }

  /** Walks the frame at `at` and notes where its member `wanted` stands; anything but a map is only skipped. */
  map(at: number, wanted: string): { readonly end: number; readonly span: Span | undefined } {
    const head = this.head(at)
    if (head.kind !== 'map') return { end: this.skip(at, 0), span: undefined }
    let position = at + head.bytes
    let span: Span | undefined
    for (let pair = 0; pair < head.values; pair += 2) {
      const valueAt = this.skip(position, 1)
      const end = this.skip(valueAt, 1)
      if (this.#isText(position, valueAt, wanted)) span = { start: valueAt, end }
      position = end
    }
    return { end: position, span }
  }

  /** Where the value that begins at `at` ends. Keeps its own stack, so hostile depth cannot overflow ours. */
  skip(at: number, level: number): number {
    const open: number[] = []
    let position = at
    do {
      const head = this.head(position)
      this.#judge(head, position, level + open.length)
      position += head.bytes
      if (head.values > 0) open.push(head.values)
      else closeFinished(open)
    } while (open.length > 0)
    return position
  }

  /** @param depth how many containers stand around this value */
  #judge(head: Head, at: number, depth: number): void {
    if (head.kind === 'leaf') return
    if (head.kind === 'text') this.#assertUtf8(at, at + head.bytes)
    else if (head.kind === 'ext') {
      throw new PosthouseError('malformed_frame', 'MessagePack extension types are not allowed')
    } else if (depth >= this.#depthLimit) {
      throw new PosthouseError('too_deep', `the content is nested deeper than ${this.#depthLimit} levels`)
    }
  }

  /** Strings go on to other readers as they are, and strict ones would stumble over bytes that are not UTF-8. */
  #assertUtf8(start: number, end: number): void {
    const first = this.#bytes[start] ?? 0
    const textAt = start + 1 + (sizedHeads.get(first)?.sizeBytes ?? 0)
    let at = textAt
    while (at < end && (this.#bytes[at] ?? 0) < 0x80) at++
    if (at === end) return
    try {
      utf8.decode(this.#bytes.subarray(textAt, end))
    } catch (cause) {
      throw new PosthouseError('malformed_frame', 'a string is not UTF-8', { cause })
    }
  }

  head(at: number): Head {
    const byte = this.#bytes[at]
    if (byte === undefined) throw truncated()
    const head = byte < 0xc0 || byte >= 0xe0 ? fixHead(byte) : this.#sizedHead(byte, at)
    // A container's values need a byte each, so a claimed size beyond the message is refused before anyone loops over it.
    if (at + head.bytes + head.values > this.#bytes.length) throw truncated()
    return head
  }

  #sizedHead(byte: number, at: number): Head {
    const fixed = fixedSizes.get(byte)
    if (fixed !== undefined) return fixed
    const sized = sizedHeads.get(byte)
    if (sized === undefined) throw new PosthouseError('malformed_frame', 'byte 0xc1 is no MessagePack type')
    if (at + sized.sizeBytes >= this.#bytes.length) throw truncated()
    const size = this.#size(at + 1, sized.sizeBytes)
    const own = 1 + sized.sizeBytes
    if (sized.kind === 'array') return { bytes: own, values: size, kind: 'array' }
    if (sized.kind === 'map') return { bytes: own, values: size * 2, kind: 'map' }
    return { bytes: own + size + (sized.kind === 'ext' ? 1 : 0), values: 0, kind: sized.kind }
  }

  #size(at: number, bytes: number): number {
    if (bytes === 1) return this.#view.getUint8(at)
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  #isText(start: number, end: number, wanted: string): boolean {
    const first = this.#bytes[start] ?? 0
    const isString = (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb)
    if (!isString || end - start < wanted.length) return false
    const { bytes } = this.head(start)
    const length = first <= 0xbf ? bytes - 1 : bytes - 1 - (sizedHeads.get(first)?.sizeBytes ?? 0)
    if (length !== wanted.length) return false
    for (let index = 0; index < length; index++) {
      if (this.#bytes[end - length + index] !== wanted.charCodeAt(index)) return false
    }
    return true
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function closeFinished(open: number[]): void {
  while (open.length > 0) {
    const left = (open.pop() ?? 0) - 1
    if (left > 0) {
      open.push(left)
      return
    }
  }
}

function fixHead(byte: number): Head {
  if (byte < 0x80 || byte >= 0xe0) return { bytes: 1, values: 0, kind: 'leaf' }
  if (byte < 0x90) return { bytes: 1, values: (byte & 0x0f) * 2, kind: 'map' }
  if (byte < 0xa0) return { bytes: 1, values: byte & 0x0f, kind: 'array' }
  return { bytes: 1 + (byte & 0x1f), values: 0, kind: 'text' }
}

function truncated(): PosthouseError {
  return new PosthouseError('malformed_frame', 'the MessagePack message ends too early')
}

const leaf = (bytes: number): Head => ({ bytes, values: 0, kind: 'leaf' })
const ext = (bytes: number): Head => ({ bytes, values: 0, kind: 'ext' })

const fixedSizes: ReadonlyMap<number, Head> = new Map([
  [0xc0, leaf(1)],
  [0xc2, leaf(1)],
  [0xc3, leaf(1)],
  [0xca, leaf(5)],
  [0xcb, leaf(9)],
  [0xcc, leaf(2)],
  [0xcd, leaf(3)],
  [0xce, leaf(5)],
  [0xcf, leaf(9)],
  [0xd0, leaf(2)],
  [0xd1, leaf(3)],
  [0xd2, leaf(5)],
  [0xd3, leaf(9)],
  [0xd4, ext(3)],
  [0xd5, ext(4)],
  [0xd6, ext(6)],
  [0xd7, ext(10)],
  [0xd8, ext(18)],
])

const sizedHeads: ReadonlyMap<number, { readonly sizeBytes: number; readonly kind: Head['kind'] }> = new Map([
  [0xc4, { sizeBytes: 1, kind: 'leaf' }],
  [0xc5, { sizeBytes: 2, kind: 'leaf' }],
  [0xc6, { sizeBytes: 4, kind: 'leaf' }],
  [0xc7, { sizeBytes: 1, kind: 'ext' }],
  [0xc8, { sizeBytes: 2, kind: 'ext' }],
  [0xc9, { sizeBytes: 4, kind: 'ext' }],
  [0xd9, { sizeBytes: 1, kind: 'text' }],
  [0xda, { sizeBytes: 2, kind: 'text' }],
  [0xdb, { sizeBytes: 4, kind: 'text' }],
  [0xdc, { sizeBytes: 2, kind: 'array' }],
  [0xdd, { sizeBytes: 4, kind: 'array' }],
  [0xde, { sizeBytes: 2, kind: 'map' }],
  [0xdf, { sizeBytes: 4, kind: 'map' }],
])

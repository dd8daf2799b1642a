import { PosthouseError } from '@posthouse/core'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a

/** Where the value of a wanted member stands: bytes `[start, end)`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What `scanMembers` found in each frame, by member name. */
export type Members = ReadonlyMap<string, Span>

/**
 * Finds the raw text of the wanted top-level members of each frame of a JSON message (one object, or an array of
 * objects), so that a body can be passed on exactly as it was spelled. Of a name that occurs twice the last one counts,
 * as in `JSON.parse`. The text must have been parsed before: this walks it, it does not judge it.
 * @throws PosthouseError `too_deep`
 */
export function scanMembers(bytes: Uint8Array, wanted: readonly string[], depthLimit: number): readonly Members[] {
  return new MemberScan(bytes, wanted, depthLimit).run()
}

class MemberScan {
  readonly #bytes: Uint8Array
  readonly #wanted: readonly Uint8Array[]
  readonly #names: readonly string[]
  readonly #depthLimit: number
  readonly #found: Map<string, Span>[] = []
  #depth = 0
  /** Depth of the frames' own members: 1 for one frame, 2 inside an array of frames. */
  #level = 1
  #name: string | undefined
  #valueAt = -1

  constructor(bytes: Uint8Array, wanted: readonly string[], depthLimit: number) {
    this.#bytes = bytes
    this.#names = wanted
    this.#wanted = encoded(wanted)
    this.#depthLimit = depthLimit
  }

  run(): readonly Members[] {
    const bytes = this.#bytes
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === quote) at = this.#string(at)
      else if (byte === 0x7b || byte === 0x5b) this.#open(byte)
      else if (byte === 0x7d || byte === 0x5d) this.#close(at)
      else if (byte === comma && this.#depth === this.#level) this.#endMember(at)
      else if (byte === colon && this.#depth === this.#level) this.#valueAt = at + 1
    }
    return this.#found
  }

  #open(byte: number): void {
    if (this.#depth === 0 && byte === 0x5b) this.#level = 2
    // Depth counts from the frame, so that a frame does not become too deep by travelling in an array.
    if (++this.#depth > this.#depthLimit + this.#level - 1) {
      throw new PosthouseError('too_deep', `the content is nested deeper than ${this.#depthLimit} levels`)
    }
    if (this.#depth === this.#level && byte === 0x7b) this.#found.push(new Map())
  }

  #close(at: number): void {
    if (this.#depth === this.#level) this.#endMember(at)
    this.#depth--
  }

  #endMember(at: number): void {
    if (this.#name !== undefined && this.#valueAt >= 0) {
      this.#found.at(-1)?.set(this.#name, trimmed(this.#bytes, this.#valueAt, at))
    }
    this.#name = undefined
    this.#valueAt = -1
  }

  /** Skips a string and returns where its closing quote stands. */
  #string(at: number): number {
    const bytes = this.#bytes
    const near = Math.min(bytes.length, at + nearBytes)
    let end = at + 1
    let escapes = false
    while (end < near && bytes[end] !== quote) {
      if (bytes[end] === backslash) {
        escapes = true
        end++
      }
      end++
    }
    // Most strings of a frame are short; in long ones the platform's own search is faster than a loop.
    if (end >= near) {
      escapes = true
      end = this.#farQuote(at, end)
    }
    if (this.#depth === this.#level && this.#valueAt < 0) this.#name = this.#wantedName(at + 1, end, escapes)
    return end
  }

  #farQuote(start: number, from: number): number {
    let end = this.#bytes.indexOf(quote, from)
    while (end > 0 && this.#escaped(start, end)) end = this.#bytes.indexOf(quote, end + 1)
    return end < 0 ? this.#bytes.length : end
  }

  #escaped(start: number, end: number): boolean {
    let at = end
    while (at - 1 > start && this.#bytes[at - 1] === backslash) at--
    return (end - at) % 2 === 1
  }

  #wantedName(start: number, end: number, escapes: boolean): string | undefined {
    for (let index = 0; index < this.#wanted.length; index++) {
      if (equals(this.#bytes, start, end, this.#wanted[index])) return this.#names[index]
    }
    if (!escapes || this.#names.length === 0) return undefined
    const name: unknown = JSON.parse(decoder.decode(this.#bytes.subarray(start - 1, end + 1)))
    return typeof name === 'string' && this.#names.includes(name) ? name : undefined
  }
}

/** Up to here a string is searched byte by byte. */
const nearBytes = 64

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const encodedNames = new WeakMap<readonly string[], readonly Uint8Array[]>()

/** The names as bytes; callers ask with the same few lists again and again. */
function encoded(names: readonly string[]): readonly Uint8Array[] {
  let bytes = encodedNames.get(names)
  if (bytes === undefined) {
    bytes = names.map((name) => encoder.encode(name))
    encodedNames.set(names, bytes)
  }
  return bytes
}

function equals(bytes: Uint8Array, start: number, end: number, name: Uint8Array | undefined): boolean {
  if (name === undefined || end - start !== name.length) return false
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
  return true
}

function trimmed(bytes: Uint8Array, start: number, end: number): Span {
  let from = start
  let to = end
  while (from < to && isSpace(bytes[from])) from++
  while (to > from && isSpace(bytes[to - 1])) to--
  return { start: from, end: to }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

import type { Limits } from '@posthouse/protocol'
import type { Encoded } from '../routing/encoded.ts'
import { longestHead, writeHead } from './web-socket/frame-writer.ts'
import { opcodes } from './web-socket/opcodes.ts'

/** How a dialect puts frames into WebSocket messages: one each, or arrays of them. */
export type PackingStyle = 'single' | 'json' | 'msgpack'

/** Bytes that are worth a piece of their own; less is copied. */
const largeBytes = 32_768
/** Covers the head of an array and the commas in it, in either encoding. */
const arrayBytes = 8
/** The most that stands around a frame, be it in a message of its own or in an array. */
const mostAround = longestHead + 4
const comma = 0x2c
const none: readonly Encoded[] = []

/**
 * Makes the WebSocket frames of one dialect out of what a tick has gathered, in one piece of memory wherever nothing
 * in it is large. Receivers of the same frames, one after the other, share the piece. Spec: 2.3.
 */
export class Packer {
  readonly #style: PackingStyle
  readonly #frameBytes: number
  readonly #framesPerArray: number
  #frames = none
  #packed: readonly Uint8Array[] = []

  constructor(style: PackingStyle, limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>) {
    this.#style = style
    this.#frameBytes = limits.frameBytes
    this.#framesPerArray = style === 'single' ? 1 : limits.framesPerArray
  }

  /** WebSocket frames, which may be cut anywhere between the pieces. The list must not be changed afterwards. */
  pack(frames: readonly Encoded[]): readonly Uint8Array[] {
    if (sameFrames(frames, this.#frames)) return this.#packed
    const packed = this.#pack(frames)
    this.#frames = frames
    this.#packed = packed
    return packed
  }

  /** Lets go of what may be shared. */
  forget(): void {
    this.#frames = none
    this.#packed = []
  }

  #pack(frames: readonly Encoded[]): readonly Uint8Array[] {
    const writing = new Writing(roomFor(frames))
    for (let first = 0; first < frames.length; ) {
      let bytes = arrayBytes
      let end = first
      for (
        let frame = frames[end];
        frame !== undefined && this.#fits(end - first, bytes, frame);
        frame = frames[++end]
      ) {
        bytes += frame.bytes + 1
      }
      this.#write(writing, frames, first, end)
      first = end
    }
    return writing.pieces()
  }

  #fits(count: number, bytes: number, frame: Encoded): boolean {
    return count === 0 || (count < this.#framesPerArray && bytes + frame.bytes <= this.#frameBytes)
  }

  #write(writing: Writing, frames: readonly Encoded[], first: number, end: number): void {
    const count = end - first
    const json = this.#style === 'json'
    let length = count > 1 ? arrayOverhead(this.#style, count) : 0
    for (let index = first; index < end; index++) length += frames[index]?.bytes ?? 0
    writing.head(this.#opcodeOf(frames[first]), length)
    if (count > 1) json ? writing.byte(0x5b) : writing.arrayHead(count)
    for (let index = first; index < end; index++) {
      const frame = frames[index]
      if (index > first && json) writing.byte(comma)
      if (frame !== undefined) writing.frame(frame)
    }
    if (count > 1 && json) writing.byte(0x5d)
  }

  #opcodeOf(frame: Encoded | undefined): number {
    return typeof frame?.wire === 'string' ? opcodes.text : opcodes.binary
  }
}

/** A buffer that is filled from its beginning, and pieces that are too large to be copied into it. */
class Writing {
  readonly #target: Buffer
  readonly #pieces: Uint8Array[] = []
  #from = 0
  #at = 0

  constructor(room: number) {
    this.#target = Buffer.allocUnsafe(room)
  }

  head(opcode: number, length: number): void {
    this.#at = writeHead(this.#target, this.#at, opcode, length)
  }

  byte(byte: number): void {
    this.#target[this.#at++] = byte
  }

  /** The head of a MessagePack array of at least two. */
  arrayHead(count: number): void {
    if (count < 16) this.byte(0x90 | count)
    else {
      this.byte(0xdc)
      this.byte(count >> 8)
      this.byte(count)
    }
  }

  frame({ wire, body }: Encoded): void {
    if (typeof wire === 'string') this.#at += this.#target.write(wire, this.#at)
    else this.#bytes(wire)
    if (body === undefined) return
    this.#bytes(body)
    this.byte(0x7d)
  }

  pieces(): readonly Uint8Array[] {
    this.#cut()
    return this.#pieces
  }

  #bytes(bytes: Uint8Array): void {
    if (bytes.length >= largeBytes) {
      this.#cut()
      this.#pieces.push(bytes)
    } else {
      this.#target.set(bytes, this.#at)
      this.#at += bytes.length
    }
  }

  #cut(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#target.subarray(this.#from, this.#at))
    this.#from = this.#at
  }
}

/** The most that these frames can take beside what is not copied. */
function roomFor(frames: readonly Encoded[]): number {
  let room = frames.length * mostAround
  for (const { bytes } of frames) room += bytes
  if (room < largeBytes) return room
  for (const { wire, body = wire } of frames) {
    if (typeof body !== 'string' && body.length >= largeBytes) room -= body.length
  }
  return room
}

/** What an array adds to the frames in it. */
function arrayOverhead(style: PackingStyle, count: number): number {
  if (style === 'json') return count + 1
  return count < 16 ? 1 : 3
}

function sameFrames(one: readonly Encoded[], other: readonly Encoded[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}

import { isUtf8 } from 'node:buffer'
import { GrowingBytes } from './growing-bytes.ts'
import { isCloseCode, opcodes } from './opcodes.ts'
import { unmask } from './unmask.ts'

/** Told what a peer says. */
export interface FrameListener {
  /** The bytes lie in the chunk that they came in, or in memory of their own; nobody writes there again. */
  message(data: Uint8Array, binary: boolean): void
  ping(payload: Uint8Array): void
  pong(payload: Uint8Array): void
  /** The peer closes; 1005 where it gives no code. Nothing more is read. */
  closed(code: number, reason: string): void
  /** The peer has broken the rules, and should be told this code. Nothing more is read. */
  broken(code: number, reason: string): void
}

const lengthBits = 0x7f
const maskBit = 0x80
const finalBit = 0x80
const reservedBits = 0x70
/** The first 32 of the 64 bits of a length that a JavaScript number can hold. */
const mostHighBits = 0x1f_ffff

/**
 * Reads a client's frames from the chunks of a TCP stream (RFC 6455, section 5), wherever these are cut. A frame that
 * lies in one chunk is not copied: its mask is taken off in place. What has come of others is gathered, and memory
 * grows with what came, not with what was announced.
 */
export class FrameReader {
  readonly #listener: FrameListener
  #maxBytes: number
  /** A frame that has come in part, and the bytes it takes to understand more of it. */
  #partial: GrowingBytes | undefined
  #needed = 0
  /** The fragments of a message so far, and what kind of message it is; 0 outside of one. */
  #fragments: GrowingBytes | undefined
  #fragmented = 0
  #done = false

  /** @param maxBytes longest message, in bytes */
  constructor(listener: FrameListener, maxBytes: number) {
    this.#listener = listener
    this.#maxBytes = maxBytes
  }

  /** Reads messages of another length from now on. */
  allow(maxBytes: number): void {
    this.#maxBytes = maxBytes
  }

  /** Takes the next bytes, and keeps them: the caller must not write to them any more. */
  push(chunk: Uint8Array): void {
    let at = this.#partial === undefined ? 0 : this.#complete(this.#partial, chunk)
    while (at < chunk.length && !this.#done) {
      const next = this.#frame(chunk, at)
      if (next < 0) {
        this.#partial = new GrowingBytes()
        this.#partial.append(chunk.subarray(at), this.#needed)
        return
      }
      at = next
    }
  }

  /** Reads nothing more. */
  stop(): void {
    this.#done = true
    this.#partial = undefined
    this.#fragments = undefined
  }

  /** Gives a partial frame what it lacks; returns where in the chunk the next one begins. */
  #complete(partial: GrowingBytes, chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.length && !this.#done) {
      const upTo = Math.min(chunk.length, at + this.#needed - partial.length)
      partial.append(chunk.subarray(at, upTo), this.#needed)
      at = upTo
      if (partial.length < this.#needed) return at
      if (this.#frame(partial.bytes, 0) < 0) continue
      this.#partial = undefined
      return at
    }
    return at
  }

  /** Reads the frame at `at` and returns where it ends; less than 0 where more must come first. */
  #frame(bytes: Uint8Array, at: number): number {
    const available = bytes.length - at
    if (available < 2) return this.#lacks(2)
    const first = bytes[at] ?? 0
    const second = bytes[at + 1] ?? 0
    const problem = this.#misfit(first, second)
    if (problem !== undefined) return this.#break(1002, problem)
    const maskAt = at + headBytes(second)
    if (maskAt > bytes.length) return this.#lacks(maskAt - at)
    const length = lengthOf(bytes, at, second)
    if (length + (this.#fragments?.length ?? 0) > this.#maxBytes && (first & 0x08) === 0) {
      return this.#break(1009, `a message has more than ${this.#maxBytes} bytes`)
    }
    const end = maskAt + 4 + length
    if (end > bytes.length) return this.#lacks(end - at)
    this.#take(bytes, maskAt, end, first)
    return end
  }

  #lacks(needed: number): number {
    this.#needed = needed
    return -1
  }

  /** What the first two bytes of a frame do wrong. */
  #misfit(first: number, second: number): string | undefined {
    if ((first & reservedBits) !== 0) return 'a reserved bit is set'
    if ((second & maskBit) === 0) return 'a frame is not masked'
    const opcode = first & 0x0f
    if (opcode <= opcodes.binary) {
      if ((opcode === opcodes.continuation) === (this.#fragmented !== 0)) return undefined
      return opcode === opcodes.continuation ? 'there is nothing to continue' : 'a message begins inside another one'
    }
    if (opcode < opcodes.close || opcode > opcodes.pong) return `opcode ${opcode} is reserved`
    if ((first & finalBit) === 0) return 'a control frame is fragmented'
    if ((second & lengthBits) > 125) return 'a control frame is longer than 125 bytes'
    return opcode === opcodes.close && (second & lengthBits) === 1 ? 'half a close code' : undefined
  }

  #take(bytes: Uint8Array, maskAt: number, end: number, first: number): void {
    const from = maskAt + 4
    const opcode = first & 0x0f
    const ascii = unmask(bytes, from, end, maskAt)
    // A plain array, because what a Node Buffer does in addition surprises those who expect one.
    const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + from, end - from)
    if (opcode >= opcodes.close) this.#control(opcode, payload)
    else if ((first & finalBit) !== 0 && opcode !== opcodes.continuation) this.#message(opcode, payload, ascii)
    else this.#fragment(opcode, payload, (first & finalBit) !== 0)
  }

  #message(opcode: number, payload: Uint8Array, ascii: boolean): void {
    if (opcode === opcodes.text && !ascii && !isUtf8(payload)) this.#break(1007, 'a text is not UTF-8')
    else this.#listener.message(payload, opcode === opcodes.binary)
  }

  #fragment(opcode: number, payload: Uint8Array, final: boolean): void {
    const fragments = this.#fragments ?? new GrowingBytes()
    fragments.append(payload, this.#maxBytes)
    if (opcode !== opcodes.continuation) this.#fragmented = opcode
    this.#fragments = fragments
    if (!final) return
    const whole = this.#fragmented
    this.#fragmented = 0
    this.#fragments = undefined
    this.#message(whole, fragments.bytes, false)
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === opcodes.ping) this.#listener.ping(payload)
    else if (opcode === opcodes.pong) this.#listener.pong(payload)
    else this.#close(payload)
  }

  #close(payload: Uint8Array): void {
    if (payload.length === 0) {
      this.stop()
      this.#listener.closed(1005, '')
      return
    }
    const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
    const reason = payload.subarray(2)
    if (!isCloseCode(code)) this.#break(1002, `${code} is no close code`)
    else if (!isUtf8(reason)) this.#break(1007, 'the reason of a close is not UTF-8')
    else {
      this.stop()
      this.#listener.closed(code, new TextDecoder('utf-8', { ignoreBOM: true }).decode(reason))
    }
  }

  #break(code: number, reason: string): number {
    this.stop()
    this.#listener.broken(code, reason)
    return Number.MAX_SAFE_INTEGER
  }
}

/** Bytes before the mask. */
function headBytes(second: number): number {
  const size = second & lengthBits
  if (size < 126) return 2
  return size === 126 ? 4 : 10
}

/** The length of a frame's payload; more than any limit where no number can hold it. */
function lengthOf(bytes: Uint8Array, at: number, second: number): number {
  const size = second & lengthBits
  if (size < 126) return size
  if (size === 126) return ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  const high = uint32(bytes, at + 2)
  return high > mostHighBits ? Number.POSITIVE_INFINITY : high * 0x1_0000_0000 + uint32(bytes, at + 6)
}

function uint32(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let index = 0; index < 4; index++) value = value * 256 + (bytes[at + index] ?? 0)
  return value
}

import { opcodes } from './opcodes.ts'

/** The longest head of a frame that is not masked. */
export const longestHead = 10

/** Writes the head of a whole message's only frame; returns where its payload begins. RFC 6455, section 5.2. */
export function writeHead(target: Buffer, at: number, opcode: number, length: number): number {
  target[at] = 0x80 | opcode
  if (length < 126) {
    target[at + 1] = length
    return at + 2
  }
  if (length < 0x1_0000) {
    target[at + 1] = 126
    target[at + 2] = length >>> 8
    target[at + 3] = length
    return at + 4
  }
  target[at + 1] = 127
  target.writeUInt32BE(Math.floor(length / 0x1_0000_0000), at + 2)
  target.writeUInt32BE(length % 0x1_0000_0000, at + 6)
  return at + longestHead
}

/** A ping or pong with a payload of at most 125 bytes. */
export function controlFrame(opcode: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + payload.length)
  frame.set(payload, writeHead(frame, 0, opcode, payload.length))
  return frame
}

/** A close frame; without a code where that is 1005. A reason of more than 123 bytes is cut. RFC 6455, section 5.5.1. */
export function closeFrame(code: number, reason: string): Buffer {
  if (code === 1005) return controlFrame(opcodes.close, Buffer.alloc(0))
  const text = Buffer.from(shortened(reason))
  const payload = Buffer.allocUnsafe(2 + text.length)
  payload.writeUInt16BE(code, 0)
  payload.set(text, 2)
  return controlFrame(opcodes.close, payload)
}

/** A close reason has at most 123 bytes of UTF-8 (RFC 6455, section 5.5). */
function shortened(reason: string): string {
  if (Buffer.byteLength(reason) <= 123) return reason
  return `${Buffer.from(reason)
    .subarray(0, 119)
    .toString()
    .replace(/\uFFFD+$/, '')}…`
}

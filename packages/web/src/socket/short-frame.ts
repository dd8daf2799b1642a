import type { RawMessage } from './message-queue.ts'

/** Up to here a copy costs less than a second piece for the system to write. */
const longest = 16_384

const text = 0x81
const binary = 0x82

/**
 * A short message as the one frame of a server (RFC 6455, section 5.2), in one piece; nothing for a long one. `ws` writes head
 * and payload as two pieces, which costs more than all else that is done for a short message.
 */
export function shortFrame(message: RawMessage): Buffer | undefined {
  if (message.length > longest) return undefined
  if (typeof message !== 'string') {
    const frame = withHead(binary, message.length)
    frame.set(message, frame.length - message.length)
    return frame
  }
  const length = Buffer.byteLength(message)
  const frame = withHead(text, length)
  frame.write(message, frame.length - length)
  return frame
}

function withHead(opcode: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(length + (length < 126 ? 2 : 4))
  frame[0] = opcode
  if (length < 126) frame[1] = length
  else {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  }
  return frame
}

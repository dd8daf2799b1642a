import { randomBytes } from 'node:crypto'

const opcodes = { text: 0x1, binary: 0x2, close: 0x8 } as const

/** A client's frame (RFC 6455, section 5.2), masked as the standard demands. */
export function clientFrame(payload: Buffer, opcode: keyof typeof opcodes): Buffer {
  const long = payload.length > 125
  if (payload.length > 0xffff) throw new RangeError('the load sends no frames of more than 64 KiB')
  const head = Buffer.alloc(long ? 4 : 2)
  head[0] = 0x80 | opcodes[opcode]
  head[1] = 0x80 | (long ? 126 : payload.length)
  if (long) head.writeUInt16BE(payload.length, 2)
  const mask = randomBytes(4)
  const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))
  return Buffer.concat([head, mask, masked])
}

/** The request that opens a WebSocket. */
export function upgradeRequest(path: string, subprotocol?: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ]
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Walks a server's frames without looking at what they carry, and notices what must not be there. */
export class FrameWalker {
  #left = 0
  #head: number[] = []
  #error: string | undefined

  get error(): string | undefined {
    return this.#error
  }

  take(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && this.#error === undefined) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
      } else if (this.#head.length === 0 && at + 10 <= chunk.length) {
        at = this.#readHead(chunk, at)
      } else {
        this.#head.push(chunk[at++] ?? 0)
        if (this.#head.length === headBytes(this.#head[1])) {
          this.#readHead(Buffer.from([...this.#head, ...Array(8).fill(0)]), 0)
          this.#head = []
        }
      }
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const first = bytes[at] ?? 0
    const size = bytes[at + 1] ?? 0
    if (first !== 0x81 && first !== 0x82) {
      const closed = first === 0x88
      this.#error = closed ? `the server closes: ${printable(bytes.subarray(at))}` : `a frame begins with ${first}`
    }
    if (size < 126) this.#left = size
    else this.#left = size === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    return at + headBytes(size)
  }
}

/** Length of what stands before the payload of a server's frame, by the second byte of the frame. */
export function headBytes(size: number | undefined): number {
  if (size === undefined || size < 126) return 2
  return size === 126 ? 4 : 10
}

function printable(bytes: Buffer): string {
  return bytes
    .subarray(4, 120)
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '.')
}

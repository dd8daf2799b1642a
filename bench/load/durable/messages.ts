import { headBytes } from '../web-socket.ts'

const nothing = Buffer.alloc(0)

/** Cuts a server's bytes into whole WebSocket messages. */
export class MessageSplitter {
  #rest: Buffer = nothing

  /** Calls `take` for the payload of each message that is complete now. */
  split(chunk: Buffer, take: (payload: Buffer) => void): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = 0
    while (at < bytes.length) {
      const payload = at + headBytes(bytes[at + 1])
      const end = payload <= bytes.length ? payload + lengthAt(bytes, at + 1) : payload
      if (end > bytes.length) break
      take(bytes.subarray(payload, end))
      at = end
    }
    // Chunks lie in a buffer that is used again.
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : nothing
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  const size = bytes[at] ?? 0
  if (size < 126) return size
  return size === 126 ? bytes.readUInt16BE(at + 1) : Number(bytes.readBigUInt64BE(at + 1))
}

/** The number behind the last occurrence of `mark`; -1 where there is none. */
export function lastNumber(payload: Buffer, mark: string): number {
  const found = payload.lastIndexOf(mark)
  return found < 0 ? -1 : numberAt(payload, found + mark.length)
}

function numberAt(payload: Buffer, from: number): number {
  let number = 0
  for (let at = from; ; at++) {
    const digit = (payload[at] ?? 0) - 48
    if (digit < 0 || digit > 9) return at === from ? -1 : number
    number = number * 10 + digit
  }
}

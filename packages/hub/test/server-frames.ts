/** A frame that a server has sent. */
export interface ServerFrame {
  readonly first: number
  readonly binary: boolean
  readonly payload: Buffer
}

/** Takes whole frames of a server apart. They are not masked. RFC 6455, section 5.2. */
export function messagesOf(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at)
    const size = bytes.readUInt8(at + 1)
    const from = at + (size < 126 ? 2 : size === 126 ? 4 : 10)
    const length = size < 126 ? size : size === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    frames.push({ first, binary: first === 0x82, payload: bytes.subarray(from, from + length) })
    at = from + length
  }
  return frames
}

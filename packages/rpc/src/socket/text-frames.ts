/** A whole text, from a server (RFC 6455, section 5.2). */
const wholeText = 0x81
/** What a length begins with that does not fit into seven bits, and the longest that fits into them and into sixteen. */
const [medium, large] = [126, 127]
const [longestSmall, longestMedium] = [125, 0xffff]

/** The frames of a WebSocket that carry these texts, one each. */
export function textFrames(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + headSize(size) + size, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    const size = sizes[index] ?? 0
    at = writeHead(frames, at, size)
    // What has as many bytes as units is ASCII.
    at += frames.write(text, at, size === text.length ? 'latin1' : 'utf8')
  }
  return frames
}

function headSize(size: number): number {
  if (size <= longestSmall) return 2
  return size <= longestMedium ? 4 : 10
}

/** Where the text begins. */
function writeHead(frames: Buffer, at: number, size: number): number {
  frames[at] = wholeText
  if (size <= longestSmall) frames[at + 1] = size
  else if (size <= longestMedium) {
    frames[at + 1] = medium
    frames.writeUInt16BE(size, at + 2)
  } else {
    frames[at + 1] = large
    frames.writeBigUInt64BE(BigInt(size), at + 2)
  }
  return at + headSize(size)
}

/** From here on it pays to go by words. */
const longBytes = 48

const keyWord = new Int32Array(1)
const keyBytes = new Uint8Array(keyWord.buffer)
/** The words of the chunk that was read last: one chunk holds many frames. */
let words: Int32Array<ArrayBufferLike> = new Int32Array(0)

/**
 * Takes the mask off bytes `[from, to)`, in place; the four bytes at `maskAt` are the mask. True where all that comes out
 * is ASCII, which is valid UTF-8 without another look. RFC 6455, section 5.3.
 */
export function unmask(bytes: Uint8Array, from: number, to: number, maskAt: number): boolean {
  let seen = 0
  let at = from
  if (to - from >= longBytes) {
    const { byteOffset } = bytes
    for (; ((byteOffset + at) & 3) !== 0; at++) seen |= bytes[at] = maskedByte(bytes, at, maskAt + ((at - from) & 3))
    const key = keyOf(bytes, maskAt, at - from)
    const view = wordsOf(bytes.buffer)
    const end = (byteOffset + to) >> 2
    for (let word = (byteOffset + at) >> 2; word < end; word++) seen |= view[word] = (view[word] ?? 0) ^ key
    at = end * 4 - byteOffset
  }
  for (; at < to; at++) seen |= bytes[at] = maskedByte(bytes, at, maskAt + ((at - from) & 3))
  return (seen & 0x80808080) === 0
}

function maskedByte(bytes: Uint8Array, at: number, maskAt: number): number {
  return (bytes[at] ?? 0) ^ (bytes[maskAt] ?? 0)
}

/** The mask as one word of this machine, beginning with its byte number `turn`. */
function keyOf(bytes: Uint8Array, maskAt: number, turn: number): number {
  for (let index = 0; index < 4; index++) keyBytes[index] = bytes[maskAt + ((turn + index) & 3)] ?? 0
  return keyWord[0] ?? 0
}

function wordsOf(buffer: ArrayBufferLike): Int32Array {
  if (words.buffer !== buffer) words = new Int32Array(buffer, 0, buffer.byteLength >> 2)
  return words
}

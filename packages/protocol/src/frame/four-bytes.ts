/*
 * Long text is looked at four bytes at a time: with the highest bit of each byte in hand, one comparison tells whether any
 * of the four is one to stop at.
 */

/** As many bytes are looked at one by one before this is worth its beginning. */
export const nearBytes = 256

const highest = 0x80808080
const one = 0x01010101

/** Skips ASCII in `[at, end)`, four bytes at a time; stops a few bytes before the first other one at the earliest. */
export function skipAsciiWords(bytes: Uint8Array, at: number, end: number): number {
  const words = wordsOf(bytes, at, end)
  if (words === undefined) return at
  let index = 0
  while (index < words.length && ((words[index] ?? 0) & highest) === 0) index++
  return index === 0 ? at : words.byteOffset - bytes.byteOffset + index * 4
}

/**
 * Skips what stands for itself in a JSON string, four bytes at a time; stops a few bytes before the first quote, backslash,
 * control character or byte above 0x7f at the earliest.
 */
export function skipPlainWords(bytes: Uint8Array, at: number): number {
  const words = wordsOf(bytes, at, bytes.length)
  if (words === undefined) return at
  let index = 0
  while (index < words.length && isPlainWord(words[index] ?? 0)) index++
  return index === 0 ? at : words.byteOffset - bytes.byteOffset + index * 4
}

/** A byte is below a bound, or equal to what it is compared with, where a subtraction borrows from its highest bit. */
function isPlainWord(word: number): boolean {
  const quotes = word ^ 0x22222222
  const backslashes = word ^ 0x5c5c5c5c
  const borrowed =
    ((quotes - one) & ~quotes) | ((backslashes - one) & ~backslashes) | ((word - 0x20202020) & ~word) | word
  return (borrowed & highest) === 0
}

/** The whole words that lie in `[at, end)`, where they begin in memory; nothing where there are none. */
function wordsOf(bytes: Uint8Array, at: number, end: number): Int32Array | undefined {
  const first = (bytes.byteOffset + at + 3) & ~3
  const count = (bytes.byteOffset + end - first) >> 2
  return count > 0 ? new Int32Array(bytes.buffer, first, count) : undefined
}

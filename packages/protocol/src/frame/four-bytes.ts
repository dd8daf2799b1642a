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
  const first = aligned(bytes, at)
  for (let near = at; near < first; near++) if (near >= end || (bytes[near] ?? highest) >= 0x80) return near
  const words = wordsOf(bytes, first, end)
  let index = 0
  while (index < words.length && ((words[index] ?? 0) & highest) === 0) index++
  return first + index * 4
}

/**
 * Skips what stands for itself in a JSON string, four bytes at a time; stops a few bytes before the first quote, backslash,
 * control character or byte above 0x7f at the earliest.
 */
export function skipPlainWords(bytes: Uint8Array, at: number): number {
  const first = aligned(bytes, at)
  for (let near = at; near < first; near++) if (near >= bytes.length || !isPlainByte(bytes[near] ?? 0)) return near
  const words = wordsOf(bytes, first, bytes.length)
  let index = 0
  while (index < words.length && isPlainWord(words[index] ?? 0)) index++
  return first + index * 4
}

/** A byte is below a bound, or equal to what it is compared with, where a subtraction borrows from its highest bit. */
function isPlainWord(word: number): boolean {
  const quotes = word ^ 0x22222222
  const backslashes = word ^ 0x5c5c5c5c
  const borrowed =
    ((quotes - one) & ~quotes) | ((backslashes - one) & ~backslashes) | ((word - 0x20202020) & ~word) | word
  return (borrowed & highest) === 0
}

function isPlainByte(byte: number): boolean {
  return byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c
}

/** Where the first word begins at or behind `at`: words stand at multiples of four in memory. */
function aligned(bytes: Uint8Array, at: number): number {
  return at + (-(bytes.byteOffset + at) & 3)
}

/** The whole words that lie in `[first, end)`. */
function wordsOf(bytes: Uint8Array, first: number, end: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + first, Math.max(0, end - first) >> 2)
}

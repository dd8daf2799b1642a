import { maxDepth, maxFramesPerArray } from '../frame/codec.ts'
import { nearBytes, skipAsciiWords } from '../frame/four-bytes.ts'
import { declined, skipCharacter } from '../frame/utf8.ts'

const forbidden = new TextEncoder().encode('__proto__')

/**
 * Where the MessagePack value that begins at `at` ends; `declined` where it is none, or holds what a message must not hold:
 * strings that are not UTF-8, extension types, names that are neither strings nor numbers, a member named `__proto__`, more
 * than `levels` levels. The end may lie behind the last byte. Spec: 2.5.6, 6.2.1.
 */
export function skipValue(bytes: Uint8Array, at: number, levels: number): number {
  const first = bytes[at] ?? 0xc1
  if (first < 0x80 || first >= 0xe0) return at + 1
  if (first < 0x90) return skipPairs(bytes, at + 1, first & 0x0f, levels)
  if (first < 0xa0) return skipItems(bytes, at + 1, first & 0x0f, levels)
  if (first < 0xc0 || (first >= 0xd9 && first <= 0xdb)) return skipText(bytes, at)
  if (first >= 0xdc) return skipLong(bytes, at, first, levels)
  const size = fixedSizes[first - 0xc0] ?? 0
  if (size > 0) return at + size
  if (first < 0xc4 || first > 0xc6) return declined
  const sizeBytes = 1 << (first - 0xc4)
  return at + 1 + sizeBytes + sizeAt(bytes, at + 1, sizeBytes)
}

/** True for a message, one map or an array of maps, in which nothing is that it must not hold. */
export function isSound(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0
  const long = first === 0xdc
  if (!long && (first & 0xf0) !== 0x90) return skipValue(bytes, 0, maxDepth) === bytes.length
  const count = long ? sizeAt(bytes, 1, 2) : first & 0x0f
  if (count > maxFramesPerArray) return false
  let at = long ? 3 : 1
  for (let left = count; left > 0 && at !== declined; left--) at = skipValue(bytes, at, maxDepth)
  return at === bytes.length
}

/** Where the text of the string that begins at `at` begins; `declined` where no string begins there. */
export function textAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first >= 0xa0 && first < 0xc0) return at + 1
  return first >= 0xd9 && first <= 0xdb ? at + 1 + (1 << (first - 0xd9)) : declined
}

/** Where the string that begins at `at` ends; it may lie behind the last byte. */
export function textEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0xc0) return at + 1 + (first & 0x1f)
  const sizeBytes = 1 << (first - 0xd9)
  return at + 1 + sizeBytes + sizeAt(bytes, at + 1, sizeBytes)
}

/** Where the ASCII characters end that begin at `at`, at the latest at `end`. */
export function skipAscii(bytes: Uint8Array, at: number, end: number): number {
  let rest = at
  while (rest < end && (bytes[rest] ?? 0) < 0x80) rest++
  return rest
}

/** Proves that the bytes `[start, end)` are UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  // Only once: in text of wider characters there is nothing to skip in words.
  let at = skipAscii(bytes, end - start > nearBytes ? skipAsciiWords(bytes, start, end) : start, end)
  while (at < end) {
    at = skipCharacter(bytes, at)
    if (at === declined) return false
    at = skipAscii(bytes, at, end)
  }
  return at === end
}

/** The unsigned number of `length` bytes at `at`; bytes that are missing count as 0. */
export function sizeAt(bytes: Uint8Array, at: number, length: number): number {
  let size = 0
  for (let index = 0; index < length; index++) size = size * 256 + (bytes[at + index] ?? 0)
  return size
}

function skipText(bytes: Uint8Array, at: number): number {
  const end = textEnd(bytes, at)
  return end <= bytes.length && isUtf8(bytes, textAt(bytes, at), end) ? end : declined
}

function skipLong(bytes: Uint8Array, at: number, first: number, levels: number): number {
  const sizeBytes = (first & 1) === 0 ? 2 : 4
  const size = sizeAt(bytes, at + 1, sizeBytes)
  const inside = at + 1 + sizeBytes
  return first < 0xde ? skipItems(bytes, inside, size, levels) : skipPairs(bytes, inside, size, levels)
}

function skipItems(bytes: Uint8Array, start: number, count: number, levels: number): number {
  let at = levels > 0 ? start : declined
  for (let left = count; left > 0 && at !== declined; left--) at = skipValue(bytes, at, levels - 1)
  return at
}

function skipPairs(bytes: Uint8Array, start: number, count: number, levels: number): number {
  let at = levels > 0 ? start : declined
  for (let left = count; left > 0 && at !== declined; left--) {
    at = skipName(bytes, at)
    if (at !== declined) at = skipValue(bytes, at, levels - 1)
  }
  return at
}

function skipName(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0xc1
  const text = textAt(bytes, at)
  if (text !== declined) {
    const end = skipText(bytes, at)
    return end - text === forbidden.length && isForbidden(bytes, text) ? declined : end
  }
  const number = first < 0x80 || first >= 0xe0 || (first >= 0xca && first <= 0xd3)
  return number ? skipValue(bytes, at, 0) : declined
}

function isForbidden(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < forbidden.length; index++) if (bytes[at + index] !== forbidden[index]) return false
  return true
}

/** How many bytes a value of the types from 0xc0 on takes; 0 where that depends, or where the type is not allowed. */
const fixedSizes = Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9)

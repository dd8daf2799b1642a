import { nearBytes, skipPlainWords } from '../frame/four-bytes.ts'
import { declined, skipCharacter } from '../frame/utf8.ts'

export const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a

/** 1 for what stands for itself in a string and takes one byte; RFC 8259, section 7. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash),
)
/** What may follow a backslash; `u` is followed by four digits more. */
const escapes: ReadonlySet<number> = new Set(Array.from('"\\/bfnrtu', (letter) => letter.charCodeAt(0)))

/** Where the ASCII text that begins at `at` ends: at a quote, an escape, a wider character or what must not be there. */
export function skipPlain(bytes: Uint8Array, at: number): number {
  const near = at + nearBytes
  let end = at
  while (end < near && plain[bytes[end] ?? 0] === 1) end++
  if (end < near) return end
  end = skipPlainWords(bytes, end)
  while (plain[bytes[end] ?? 0] === 1) end++
  return end
}

/** Where the next token begins. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let end = at
  while (end < bytes.length && isSpace(bytes[end] ?? 0)) end++
  return end
}

function isSpace(byte: number): boolean {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
}

/**
 * Where the JSON value that begins at `at` ends; `declined` where it is not valid, not UTF-8, or nested in itself more than
 * `levels` deep. RFC 8259.
 */
export function skipValue(bytes: Uint8Array, at: number, levels: number): number {
  switch (bytes[at]) {
    case quote:
      return skipString(bytes, at + 1)
    case 0x7b:
      return levels > 0 ? skipObject(bytes, at + 1, levels - 1) : declined
    case 0x5b:
      return levels > 0 ? skipArray(bytes, at + 1, levels - 1) : declined
    case 0x74:
      return skipWord(bytes, at, 'true')
    case 0x66:
      return skipWord(bytes, at, 'false')
    case 0x6e:
      return skipWord(bytes, at, 'null')
    default:
      return skipNumber(bytes, at)
  }
}

/** Where a string ends, whose text begins at `at`: behind its closing quote. */
export function skipString(bytes: Uint8Array, at: number): number {
  for (let end = skipPlain(bytes, at); ; end = skipPlain(bytes, end)) {
    const byte = bytes[end] ?? 0
    if (byte === quote) return end + 1
    if (byte === backslash) end = skipEscape(bytes, end + 1)
    else end = byte >= 0x80 ? skipCharacter(bytes, end) : declined
    if (end === declined) return declined
  }
}

function skipEscape(bytes: Uint8Array, at: number): number {
  const letter = bytes[at] ?? 0
  if (!escapes.has(letter)) return declined
  if (letter !== 0x75) return at + 1
  for (let digit = at + 1; digit < at + 5; digit++) if (!isHexDigit(bytes[digit] ?? 0)) return declined
  return at + 5
}

function skipObject(bytes: Uint8Array, start: number, levels: number): number {
  let at = skipSpace(bytes, start)
  if (bytes[at] === 0x7d) return at + 1
  for (;;) {
    if (bytes[at] !== quote) return declined
    at = skipString(bytes, at + 1)
    if (at === declined) return declined
    at = skipSpace(bytes, at)
    if (bytes[at] !== colon) return declined
    at = skipValue(bytes, skipSpace(bytes, at + 1), levels)
    if (at === declined) return declined
    at = skipSpace(bytes, at)
    if (bytes[at] === 0x7d) return at + 1
    if (bytes[at] !== comma) return declined
    at = skipSpace(bytes, at + 1)
  }
}

function skipArray(bytes: Uint8Array, start: number, levels: number): number {
  let at = skipSpace(bytes, start)
  if (bytes[at] === 0x5d) return at + 1
  for (;;) {
    at = skipValue(bytes, at, levels)
    if (at === declined) return declined
    at = skipSpace(bytes, at)
    if (bytes[at] === 0x5d) return at + 1
    if (bytes[at] !== comma) return declined
    at = skipSpace(bytes, at + 1)
  }
}

function skipWord(bytes: Uint8Array, at: number, word: string): number {
  for (let index = 1; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return declined
  return at + word.length
}

function skipNumber(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === 0x2d ? start + 1 : start
  let at = bytes[first] === 0x30 ? first + 1 : skipDigits(bytes, first)
  if (at !== declined && bytes[at] === 0x2e) at = skipDigits(bytes, at + 1)
  if (at === declined || ((bytes[at] ?? 0) | 0x20) !== 0x65) return at
  const sign = bytes[at + 1]
  return skipDigits(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1)
}

/** Skips at least one digit. */
function skipDigits(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at] ?? 0)) at++
  return at === start ? declined : at
}

/** True for `0` to `9`. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66)
}

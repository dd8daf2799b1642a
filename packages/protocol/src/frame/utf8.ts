/** Says that something is not as expected where a place in the bytes would be returned. */
export const declined = -1

/**
 * Where the character that begins at `at`, with a byte above 0x7f, ends; `declined` where it is not UTF-8
 * (RFC 3629, section 4).
 */
export function skipCharacter(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  const second = bytes[at + 1] ?? 0
  if (first < 0xe0) return first >= 0xc2 && isTail(second) ? at + 2 : declined
  if (!isTail(bytes[at + 2] ?? 0) || !maySucceed(first, second)) return declined
  if (first < 0xf0) return at + 3
  return isTail(bytes[at + 3] ?? 0) ? at + 4 : declined
}

/** No character is spelled longer than it need be, none is half a surrogate pair, none lies beyond U+10FFFF. */
function maySucceed(first: number, second: number): boolean {
  switch (first) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf
    case 0xed:
      return second >= 0x80 && second <= 0x9f
    case 0xf0:
      return second >= 0x90 && second <= 0xbf
    case 0xf4:
      return second >= 0x80 && second <= 0x8f
    default:
      return first < 0xf4 && isTail(second)
  }
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

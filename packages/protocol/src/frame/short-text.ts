/** Node's own ways from bytes to text, where there are any: a decoder for each short text costs several times as much. */
interface Slicing {
  readonly latin1Slice?: (this: Uint8Array, start: number, end: number) => string
  readonly utf8Slice?: (this: Uint8Array, start: number, end: number) => string
}

const platform: { readonly Buffer?: { readonly prototype: Slicing | object } } = globalThis
const { latin1Slice, utf8Slice }: Slicing = platform.Buffer?.prototype ?? {}
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Longest text that is kept, in bytes. */
const keptLength = 48
/** A power of two. */
const keptCount = 256
const kept: string[] = Array.from({ length: keptCount }, () => '')

/** The text of ASCII bytes `[start, end)`. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice === undefined ? wideText(bytes, start, end) : latin1Slice.call(bytes, start, end)
}

/** The text of UTF-8 bytes `[start, end)`. */
export function wideText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice === undefined ? decoder.decode(bytes.subarray(start, end)) : utf8Slice.call(bytes, start, end)
}

/** `asciiText` for what comes again and again, such as addresses: a bounded number of the last ones is kept. */
export function keptText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length > keptLength) return asciiText(bytes, start, end)
  // Of addresses that are alike the last characters differ most.
  const ends = ((bytes[end - 1] ?? 0) * 31 + (bytes[end - 2] ?? 0)) * 31 + (bytes[end - 3] ?? 0)
  const slot = (ends + length * 7 + (bytes[start] ?? 0)) & (keptCount - 1)
  const known = kept[slot] ?? ''
  if (spells(known, bytes, start, length)) return known
  const text = asciiText(bytes, start, end)
  kept[slot] = text
  return text
}

/** True where `length` bytes from `start` on are this ASCII text. */
export function spells(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false
  return true
}

import type { Buffer } from 'node:buffer'

/** A power of two. */
const keptCount = 256
const kept: string[] = Array.from({ length: keptCount }, () => '')

/** The text of UTF-8 bytes `[start, end)`. A bounded number of the last ones is kept: to compare costs less than to decode. */
export function keptName(bytes: Buffer, start: number, end: number): string {
  // Of addresses that are alike the last characters differ most.
  const ends = (bytes[end - 1] ?? 0) * 31 + (bytes[end - 2] ?? 0)
  const slot = (ends + (end - start) * 7 + (bytes[start] ?? 0)) & (keptCount - 1)
  const known = kept[slot] ?? ''
  if (spells(known, bytes, start, end)) return known
  const text = bytes.toString('utf8', start, end)
  // Any other than ASCII has fewer characters than bytes, and would not be found.
  if (text.length === end - start) kept[slot] = text
  return text
}

function spells(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false
  return true
}

import { type BlobRange, PosthouseError } from '@posthouse/core'

/**
 * The bytes of a file of `size` bytes that a `Range` wants; undefined where it wants them all, or is to be ignored, as several
 * ranges are (RFC 9110, 14.2).
 * @throws PosthouseError `bad_range`
 */
export function wantedRange(header: string | undefined, size: number): BlobRange | undefined {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const start = Math.max(0, size - Number(last))
    if (start < size) return { start, end: size }
  } else {
    if (last !== '' && Number(last) < Number(first)) return undefined
    const range = { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }
    if (range.start < size) return range
  }
  throw new PosthouseError('bad_range', `there are no bytes ${first}-${last} in a file of ${size} bytes`)
}

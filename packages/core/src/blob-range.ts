import type { BlobReadOptions } from './blob-store.ts'
import { PosthouseError } from './errors.ts'

/** Bytes of a file, from `start` up to `end`, which is not one of them. */
export interface BlobRange {
  readonly start: number
  readonly end: number
}

/**
 * The bytes of a file of `size` bytes that are wanted; none of a file that is empty.
 * @throws PosthouseError `bad_range`
 */
export function blobRange(size: number, { start = 0, end = size }: BlobReadOptions = {}): BlobRange {
  const whole = start === 0 && end >= size
  const inside = Number.isSafeInteger(start) && start >= 0 && start < Math.min(size, end) && !Number.isNaN(end)
  if (inside || whole) return { start, end: Math.min(end, size) }
  throw new PosthouseError('bad_range', `there are no bytes ${start} to ${end} in a file of ${size} bytes`)
}

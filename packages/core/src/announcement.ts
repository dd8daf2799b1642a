import type { Announcement } from './blob-store.ts'
import { PosthouseError } from './errors.ts'

const maxMetaBytes = 1024
const encoder = new TextEncoder()

/**
 * The announcement itself, where a store of files can hold an upload against it.
 * @throws PosthouseError `invalid_option`
 */
export function assertAnnouncement(announced: Announcement): Announcement {
  const { size = 0, sha256, meta = {} } = announced
  if (!Number.isSafeInteger(size) || size < 0) throw bad(`size is ${size}, and no number of bytes`)
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw bad('sha256 has not 64 lower-case hexadecimal digits')
  if (Object.values(meta).some((value) => typeof value !== 'string')) throw bad('meta has a value that is no string')
  const bytes = encoder.encode(JSON.stringify(meta)).length
  if (bytes > maxMetaBytes) throw bad(`meta has ${bytes} bytes as JSON, and may have ${maxMetaBytes}`)
  return announced
}

/**
 * Sees to it that none of the announced bytes is missing from an upload of `size` bytes; stores take no more than those.
 * @throws PosthouseError `offset_mismatch`
 */
export function assertAnnouncedSize(key: string, size: number, announced: Announcement): void {
  const { size: expected = size } = announced
  if (size < expected) throw new PosthouseError('offset_mismatch', `${key} has ${size} of its ${expected} bytes`)
}

/**
 * Sees to it that the bytes of `key` have the SHA-256 that they should have.
 * @throws PosthouseError `content_mismatch`
 */
export function assertSameContent(key: string, found: string, expected: string = found): void {
  if (found === expected) return
  throw new PosthouseError('content_mismatch', `${key} has the SHA-256 ${found}, and should have ${expected}`)
}

function bad(message: string): PosthouseError {
  return new PosthouseError('invalid_option', message)
}

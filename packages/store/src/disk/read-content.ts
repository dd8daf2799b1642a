import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { assertSameContent, type BlobRange, PosthouseError } from '@posthouse/core'
import type { FileRow } from './file-index.ts'
import { noFollow } from './places.ts'

const chunkBytes = 256 * 1024

/**
 * The bytes of a file that lies at `path`, opened when they are asked for. Where `verify` is set it ends with
 * `content_mismatch` unless they are those that once arrived.
 */
export async function* readContent(
  path: string,
  file: FileRow,
  { start, end }: BlobRange,
  verify: boolean,
): AsyncGenerator<Uint8Array> {
  const hash = verify && end - start === file.size ? createHash('sha256') : undefined
  const handle = await open(path, constants.O_RDONLY | noFollow)
  let left = end - start
  // An empty range cannot be told to a stream.
  if (left === 0) return await handle.close()
  for await (const chunk of handle.createReadStream({ start, end: end - 1, highWaterMark: chunkBytes })) {
    hash?.update(chunk)
    left -= chunk.length
    yield chunk
  }
  if (left > 0) throw new PosthouseError('content_mismatch', `${left} of the bytes of ${file.key} are missing`)
  if (hash) assertSameContent(file.key, hash.digest('hex'), file.sha256)
}

/**
 * The bytes of a file that was kept whole. Where `verify` is set they are compared before the first of them is given.
 * @throws PosthouseError while reading `content_mismatch`
 */
export function* readSmall(
  bytes: Uint8Array,
  file: FileRow,
  { start, end }: BlobRange,
  verify: boolean,
): Generator<Uint8Array> {
  if (bytes.length !== file.size) throw new PosthouseError('content_mismatch', `bytes of ${file.key} are missing`)
  const whole = end - start === file.size
  if (verify && whole) assertSameContent(file.key, createHash('sha256').update(bytes).digest('hex'), file.sha256)
  if (end > start) yield bytes.subarray(start, end)
}

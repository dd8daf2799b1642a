import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { assertSameContent, type BlobRange, PosthouseError } from '@posthouse/core'
import type { FileRow } from './file-index.ts'
import { noFollow } from './places.ts'

const chunkBytes = 512 * 1024

/**
 * The bytes of a file that lies at `path`, opened when they are asked for; while one piece is used, the next one is read. Where
 * `verify` is set it ends with `content_mismatch` unless they are those that once arrived.
 */
export async function* readContent(
  path: string,
  file: FileRow,
  { start, end }: BlobRange,
  verify: boolean,
): AsyncGenerator<Uint8Array> {
  const hash = verify && end - start === file.size ? createHash('sha256') : undefined
  await using handle = await open(path, constants.O_RDONLY | noFollow)
  const pieceAt = (at: number): Promise<Uint8Array> | undefined => {
    if (at >= end) return undefined
    const reading = readPiece(handle, at, Math.min(chunkBytes, end - at))
    // Its failure is met when it is its turn.
    reading.catch(() => undefined)
    return reading
  }
  let at = start
  let next = pieceAt(at)
  try {
    while (next !== undefined) {
      const piece = await next
      if (piece.length === 0) {
        throw new PosthouseError('content_mismatch', `${end - at} of the bytes of ${file.key} are missing`)
      }
      at += piece.length
      next = pieceAt(at)
      hash?.update(piece)
      yield piece
    }
  } finally {
    // Whoever leaves early leaves it under way.
    await next?.catch(() => undefined)
  }
  if (hash) assertSameContent(file.key, hash.digest('hex'), file.sha256)
}

async function readPiece(handle: FileHandle, at: number, wanted: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at)
  return buffer.subarray(0, bytesRead)
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

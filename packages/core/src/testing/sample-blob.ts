import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Announcement, BlobInfo, BlobReadOptions, BlobStore } from '../blob-store.ts'
import type { ErrorCode } from '../errors.ts'
import { putBlob } from '../put-blob.ts'

/** `size` bytes, other ones for each `seed`, none of which says where in the file it is. */
export function sampleBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** `bytes` in pieces. */
export async function* piecesOf(bytes: Uint8Array, pieceBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

export function put(store: BlobStore, key: string, bytes: Uint8Array, announced: Announcement = {}): Promise<BlobInfo> {
  return putBlob(store, { key, bytes: piecesOf(bytes), ...announced })
}

export async function readAll(store: BlobStore, key: string, options?: BlobReadOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await store.read(key, options)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export async function assertFails(code: ErrorCode, task: Promise<unknown>): Promise<void> {
  await assert.rejects(task, { name: 'PosthouseError', code })
}

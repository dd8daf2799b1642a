import { createHash } from 'node:crypto'
import { type BlobInfo, type BlobStore, putBlob } from '@posthouse/core'

/** The bytes of file `count`: every third one has the same as another. */
export function bytesOf(count: number): Buffer {
  const size = 1 + ((count * 7919) % 90_000)
  const seed = count % 3 === 0 ? 'shared' : `${count}`
  const block = createHash('sha512').update(seed).digest()
  return Buffer.alloc(count % 3 === 0 ? 50_000 : size, block)
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export async function* piecesOf(bytes: Uint8Array, pieceBytes = 16_384): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

export function put(store: BlobStore, key: string, bytes: Uint8Array): Promise<BlobInfo> {
  return putBlob(store, { key, bytes: piecesOf(bytes), size: bytes.length, sha256: sha256Of(bytes) })
}

export async function readAll(store: BlobStore, key: string, verify = false): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await store.read(key, { verify })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

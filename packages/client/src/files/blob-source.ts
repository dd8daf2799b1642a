import { PosthouseError, reasonOf } from '@posthouse/core'
import type { UploadSource } from './upload-source.ts'

/** So many bytes of a `Blob` are read at a time. */
const pieceBytes = 4 * 1_048_576

/** The bytes of a `Blob`, a `File` among them. */
export function blobSource(blob: Blob, name: string): UploadSource {
  return {
    name,
    size: blob.size,
    seekable: true,
    ...(blob.type !== '' && { type: blob.type }),
    ...identityOf(blob),
    read: (start, end) => readBlob(blob, start, end),
    // A file that has changed refuses to be read.
    verify: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Bytes that are there already. */
export function bytesSource(bytes: Uint8Array, name: string): UploadSource {
  return {
    name,
    size: bytes.length,
    seekable: true,
    bytes,
    read: async function* (start, end) {
      for (let at = start; at < end; at += pieceBytes) yield bytes.subarray(at, Math.min(end, at + pieceBytes))
    },
    verify: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function* readBlob(blob: Blob, start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; at += pieceBytes) {
    try {
      yield new Uint8Array(await blob.slice(at, Math.min(end, at + pieceBytes)).arrayBuffer())
    } catch (cause) {
      throw new PosthouseError('source_failed', `the file cannot be read any more: ${reasonOf(cause)}`, { cause })
    }
  }
}

/** A `File` says when it was last changed. */
function identityOf(blob: Blob): { readonly identity?: string } {
  if (!('lastModified' in blob && 'name' in blob)) return {}
  return { identity: `${String(blob.name)}\n${blob.size}\n${String(blob.lastModified)}` }
}

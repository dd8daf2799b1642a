import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PosthouseError } from '@posthouse/core'
import { blobSource, bytesSource } from '../blob-source.ts'
import type { FolderSource } from '../platform.ts'
import { StreamSource } from '../stream-source.ts'
import type { UploadSource } from '../upload-source.ts'
import { openFile } from './file-source.ts'
import { walkFolder } from './walk.ts'

/**
 * What is to be sent: a path, bytes, a `Blob` or a stream.
 * @throws PosthouseError `source_failed`, `invalid_option`
 */
export async function openSource(source: unknown, { name }: { readonly name?: string }): Promise<UploadSource> {
  const path = pathOf(source)
  if (path !== undefined) return openFile(path, name)
  if (source instanceof Blob) return blobSource(source, name ?? nameOfBlob(source))
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source), name ?? 'file')
  if (ArrayBuffer.isView(source)) {
    return bytesSource(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), name ?? 'file')
  }
  if (isIterable(source)) return new StreamSource(name ?? 'file', source)
  throw new PosthouseError('invalid_option', `a file is a path, bytes, a Blob or a stream, not ${typeof source}`)
}

/** @throws PosthouseError `source_failed`, `invalid_option`, `aborted` */
export async function openFolder(source: unknown, signal: AbortSignal): Promise<FolderSource> {
  const path = pathOf(source)
  if (path === undefined) throw new PosthouseError('invalid_option', `a folder is a path, not ${typeof source}`)
  const root = resolve(path)
  const { entries, skipped } = await walkFolder(root, signal)
  const items = entries.map((entry) =>
    entry.kind === 'file' ? { ...entry, open: () => openFile(join(root, ...entry.path.split('/'))) } : entry,
  )
  return { name: basename(root), identity: root, items, skipped }
}

function pathOf(source: unknown): string | undefined {
  if (source instanceof URL) return fileURLToPath(source)
  return typeof source === 'string' ? source : undefined
}

function nameOfBlob(blob: Blob): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'file'
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

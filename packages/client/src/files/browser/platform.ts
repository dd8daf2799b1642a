import { sha256 as createSha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { PosthouseError } from '@posthouse/core'
import { blobSource, bytesSource } from '../blob-source.ts'
import type { FilePlatform, FolderSource, Sha256 } from '../platform.ts'
import { StreamSource } from '../stream-source.ts'
import type { UploadSource } from '../upload-source.ts'
import { exchange } from './exchange.ts'
import { imageFacts } from './image-facts.ts'

/** What the browser holds in memory for one request, as it sends no streams. */
const requestBytes = 4 * 1_048_576

export const platform: FilePlatform = {
  requestBytes,
  exchange,
  sha256: digesting,
  openSource,
  openFolder,
  imageFacts,
  // A page that is loaded anew has no files any more: it keeps no records.
}

function digesting(): Sha256 {
  const hash = createSha256.create()
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) }
}

async function openSource(source: unknown, { name }: { readonly name?: string }): Promise<UploadSource> {
  if (source instanceof Blob) return blobSource(source, name ?? nameOf(source))
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source), name ?? 'file')
  if (ArrayBuffer.isView(source)) {
    return bytesSource(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), name ?? 'file')
  }
  if (source instanceof ReadableStream) return new StreamSource(name ?? 'file', chunksOf(source))
  throw new PosthouseError(
    'invalid_option',
    `in a page a file is a File, a Blob, bytes or a stream, not ${typeof source}`,
  )
}

/** The files of an `<input webkitdirectory>`, which know their paths. */
async function openFolder(source: unknown): Promise<FolderSource> {
  const files = isIterable(source) ? [...source].filter((file) => file instanceof File) : []
  if (files.length === 0)
    throw new PosthouseError('invalid_option', 'in a page a folder is a list of files, and not empty')
  const paths = files.map(
    (file: File & { readonly webkitRelativePath?: string }) => file.webkitRelativePath || file.name,
  )
  const [root = 'folder'] = (paths[0] ?? '').split('/')
  const inRoot = paths.every((path) => path.startsWith(`${root}/`))
  const items = files.map((file, index) => ({
    path: (paths[index] ?? '').slice(inRoot ? root.length + 1 : 0),
    kind: 'file' as const,
    size: file.size,
    executable: false,
    mtime: file.lastModified,
    open: async () => blobSource(file, file.name),
  }))
  return { name: inRoot ? root : 'folder', items, skipped: [] }
}

/** Not every browser lets streams be iterated. */
async function* chunksOf(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}

function nameOf(blob: Blob): string {
  return blob instanceof File ? blob.name : 'file'
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

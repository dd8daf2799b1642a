import { abortable } from './abortable.ts'
import { assertAnnouncedSize, assertAnnouncement, assertSameContent } from './announcement.ts'
import { assertBlobKey } from './blob-key.ts'
import { blobRange } from './blob-range.ts'
import type {
  Announcement,
  BlobEntry,
  BlobInfo,
  BlobPage,
  BlobReadOptions,
  BlobStore,
  UploadInfo,
} from './blob-store.ts'
import { type Clock, systemClock } from './clock.ts'
import { PosthouseError } from './errors.ts'
import { sortedPage } from './sorted-page.ts'

/** Settings of `MemoryBlobStore`. */
export interface MemoryBlobStoreOptions {
  /** How much it may hold, announced bytes included; more is refused with `no_room`. Default 64 MiB. */
  readonly bytes?: number
  readonly clock?: Clock
}

interface MemoryUpload {
  readonly announced: Announcement
  readonly chunks: Uint8Array<ArrayBuffer>[]
  offset: number
  at: number
  busy: boolean
}

interface MemoryFile {
  readonly info: BlobInfo & { readonly sha256: string }
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A store of files in this process' memory: fast, small, and gone when the process ends. */
export class MemoryBlobStore implements BlobStore {
  readonly #room: number
  readonly #clock: Clock
  readonly #uploads = new Map<string, MemoryUpload>()
  readonly #files = new Map<string, MemoryFile>()
  #closed = false

  constructor({ bytes = 64 * 1024 * 1024, clock = systemClock }: MemoryBlobStoreOptions = {}) {
    this.#room = bytes
    this.#clock = clock
  }

  async begin(key: string, announced: Announcement = {}): Promise<void> {
    this.#check(key)
    const { size = 0, meta = {} } = assertAnnouncement(announced)
    this.#assertFree(key)
    this.#assertRoom(key, size)
    const upload = { announced: { ...announced, meta: { ...meta } }, chunks: [], offset: 0, busy: false }
    this.#uploads.set(key, { ...upload, at: this.#clock.now() })
  }

  async append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const upload = this.#idle(key)
    if (upload.offset !== offset) {
      throw new PosthouseError('offset_mismatch', `${key} is at byte ${upload.offset}, not at ${offset}`)
    }
    upload.busy = true
    try {
      for await (const chunk of abortable(bytes, signal)) this.#add(key, upload, chunk)
      return upload.offset
    } finally {
      upload.busy = false
    }
  }

  async complete(key: string): Promise<BlobInfo> {
    const upload = this.#idle(key)
    const { announced, chunks, offset } = upload
    assertAnnouncedSize(key, offset, announced)
    upload.busy = true
    const bytes = joined(chunks, offset)
    const sha256 = await digest(bytes)
    this.#assertOpen()
    this.#uploads.delete(key)
    assertSameContent(key, sha256, announced.sha256)
    const info = { key, size: offset, at: this.#clock.now(), sha256, meta: announced.meta ?? {} }
    this.#files.set(key, { info, bytes })
    return info
  }

  async upload(key: string): Promise<UploadInfo | undefined> {
    this.#check(key)
    const found = this.#uploads.get(key)
    return found && uploadInfo(key, found)
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    this.#check(key)
    return this.#files.get(key)?.info
  }

  async read(key: string, options: BlobReadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    this.#check(key)
    const found = this.#files.get(key)
    if (!found) throw unknown(key)
    const { start, end } = blobRange(found.info.size, options)
    return abortable(chunksOf(found.bytes.subarray(start, end)), options.signal)
  }

  async remove(key: string): Promise<boolean> {
    this.#check(key)
    if (this.#uploads.has(key)) this.#idle(key)
    return this.#uploads.delete(key) || this.#files.delete(key)
  }

  async copy(from: string, to: string, meta?: Readonly<Record<string, string>>): Promise<BlobInfo> {
    this.#check(from)
    this.#check(to)
    assertAnnouncement(meta ? { meta } : {})
    const found = this.#files.get(from)
    if (!found) throw unknown(from)
    this.#assertFree(to)
    this.#assertRoom(to, found.info.size)
    const info = { ...found.info, key: to, at: this.#clock.now(), meta: { ...(meta ?? found.info.meta) } }
    this.#files.set(to, { info, bytes: found.bytes })
    return info
  }

  async find(prefix: string, sha256: string): Promise<BlobInfo | undefined> {
    this.#assertOpen()
    for (const { info } of this.#files.values()) if (info.sha256 === sha256 && info.key.startsWith(prefix)) return info
    return undefined
  }

  async room(): Promise<number> {
    this.#assertOpen()
    return this.#left()
  }

  async list(page: BlobPage = {}): Promise<readonly BlobEntry[]> {
    this.#assertOpen()
    const entries = pageOf(this.#files, page)
    return entries.map(([key, { info }]) => ({ key, size: info.size, at: info.at }))
  }

  async uploads(page: BlobPage = {}): Promise<readonly UploadInfo[]> {
    this.#assertOpen()
    return pageOf(this.#uploads, page).map(([key, upload]) => uploadInfo(key, upload))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#uploads.clear()
    this.#files.clear()
  }

  #assertOpen(): void {
    if (this.#closed) throw new PosthouseError('closed', 'the memory blob store was closed')
  }

  #check(key: string): void {
    this.#assertOpen()
    assertBlobKey(key)
  }

  #idle(key: string): MemoryUpload {
    this.#check(key)
    const upload = this.#uploads.get(key)
    if (!upload) throw unknown(key)
    if (upload.busy) throw new PosthouseError('upload_busy', `somebody else writes to ${key}`)
    return upload
  }

  #add(key: string, upload: MemoryUpload, chunk: Uint8Array): void {
    this.#assertOpen()
    const { size = Infinity } = upload.announced
    const end = upload.offset + chunk.length
    if (end > size) throw new PosthouseError('file_too_large', `${key} was announced with ${size} bytes, and has more`)
    if (size === Infinity) this.#assertRoom(key, chunk.length)
    upload.chunks.push(new Uint8Array(chunk))
    upload.offset = end
    upload.at = this.#clock.now()
  }

  #assertFree(key: string): void {
    if (this.#uploads.has(key) || this.#files.has(key)) throw new PosthouseError('key_in_use', `${key} is in use`)
  }

  #assertRoom(key: string, wanted: number): void {
    if (wanted <= this.#left()) return
    throw new PosthouseError('no_room', `${key} needs ${wanted} bytes, and ${this.#left()} are left`)
  }

  #left(): number {
    let left = this.#room
    for (const { info } of this.#files.values()) left -= info.size
    for (const { announced, offset } of this.#uploads.values()) left -= announced.size ?? offset
    return left
  }
}

function uploadInfo(key: string, { announced, offset, at }: MemoryUpload): UploadInfo {
  return { ...announced, key, offset, at }
}

function pageOf<Value>(
  map: ReadonlyMap<string, Value>,
  { prefix = '', after, limit = 1000 }: BlobPage,
): [string, Value][] {
  const wanted = [...map].filter(([key]) => key.startsWith(prefix))
  return sortedPage(wanted, ([key]) => key, after === undefined ? { limit } : { after, limit })
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const chunkBytes = 64 * 1024

/** Copies, so that who reads cannot change what is kept. */
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes)
}

function unknown(key: string): PosthouseError {
  return new PosthouseError('unknown_file', `there is no file or upload ${key}`)
}

import {
  type Announcement,
  abortable,
  assertAnnouncedSize,
  assertAnnouncement,
  assertBlobKey,
  type BlobEntry,
  type BlobInfo,
  type BlobPage,
  type BlobRange,
  type BlobReadOptions,
  type BlobStore,
  blobRange,
  PosthouseError,
  putBlob,
  type UploadInfo,
} from '@posthouse/core'
import { readFault, writeFault } from './disk-faults.ts'
import type { FileIndex, FileRow, UploadRow } from './file-index.ts'
import { roomIn } from './places.ts'
import { readContent, readSmall } from './read-content.ts'
import { type DiskParts, UploadDesk } from './upload-desk.ts'

/** The largest file whose bytes lie in the index, where they cost least: on the disk each would be several waits for it. */
const smallBytes = 65_536

/** Files in a folder: equal content once, whole or not there, through kill -9 and, once complete, the loss of power. */
export class DiskBlobStore implements BlobStore {
  readonly #parts: DiskParts
  readonly #desk: UploadDesk
  /** What somebody works on, until that is over. */
  readonly #busy = new Map<string, Promise<unknown>>()
  readonly #closing = new AbortController()
  /** The last write has failed. */
  #doubtful = false

  constructor(parts: DiskParts) {
    this.#parts = parts
    this.#desk = new UploadDesk(parts)
  }

  async begin(key: string, announced: Announcement = {}): Promise<void> {
    const { index, file } = this.#open(key)
    assertAnnouncement(announced)
    assertFree(index, key)
    file.check()
    try {
      this.#desk.begin(key, announced)
    } catch (error) {
      throw this.#failed(key, error)
    }
  }

  async append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const upload = this.#idle(key)
    if (upload.offset !== offset) {
      throw new PosthouseError('offset_mismatch', `${key} is at byte ${upload.offset}, not at ${offset}`)
    }
    return await this.#alone(key, () => this.#desk.write(upload, abortable(bytes, this.#untilClosed(signal))))
  }

  async complete(key: string): Promise<BlobInfo> {
    const upload = this.#idle(key)
    assertAnnouncedSize(key, upload.offset, upload)
    return await this.#alone(key, () => this.#desk.complete(upload))
  }

  async put(key: string, bytes: Uint8Array, announced: Announcement = {}): Promise<BlobInfo> {
    const { index } = this.#open(key)
    const { size = bytes.length } = announced
    if (bytes.length > smallBytes || size !== bytes.length) {
      return putBlob(this, { ...announced, key, bytes: only(bytes) })
    }
    assertAnnouncement(announced)
    assertFree(index, key)
    return await this.#alone(key, () => this.#desk.putSmall(key, bytes, announced))
  }

  async upload(key: string): Promise<UploadInfo | undefined> {
    const found = this.#open(key).index.upload(key)
    return found && uploadInfo(this.#desk.asOnDisk(found))
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    return this.#open(key).index.file(key)
  }

  async read(key: string, options: BlobReadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const file = this.#open(key).index.file(key)
    if (!file) throw unknown(key)
    const range = blobRange(file.size, options)
    return abortable(this.#contentOf(file, range, options.verify ?? false), this.#untilClosed(options.signal))
  }

  async remove(key: string): Promise<boolean> {
    const { index } = this.#open(key)
    if (index.upload(key)) {
      const upload = this.#idle(key)
      await this.#alone(key, () => this.#desk.forget(upload))
      return true
    }
    const file = index.file(key)
    if (!file) return false
    await this.#alone(key, () => this.#desk.removeFile(file))
    return true
  }

  async copy(from: string, to: string, meta?: Readonly<Record<string, string>>): Promise<BlobInfo> {
    const { index } = this.#open(from)
    this.#open(to)
    assertAnnouncement(meta ? { meta } : {})
    const file = index.file(from)
    if (!file) throw unknown(from)
    assertFree(index, to)
    return await this.#alone(to, () => this.#desk.copy(file, to, meta))
  }

  async find(prefix: string, sha256: string): Promise<BlobInfo | undefined> {
    return this.#open().index.withContent(prefix, sha256)
  }

  async room(): Promise<number> {
    const { places, reserve, index } = this.#open()
    return Math.max(0, roomIn(places.contents, reserve) - index.expected())
  }

  async list(page?: BlobPage): Promise<readonly BlobEntry[]> {
    return this.#open()
      .index.files(page)
      .map(({ key, size, at }) => ({ key, size, at }))
  }

  async uploads(page?: BlobPage): Promise<readonly UploadInfo[]> {
    return this.#open()
      .index.uploads(page)
      .map((row) => uploadInfo(this.#desk.asOnDisk(row)))
  }

  async check(): Promise<void> {
    const { places, reserve, file } = this.#open()
    file.check()
    try {
      for (const folder of [places.contents, places.parts]) assertRoom(folder, reserve)
      if (this.#doubtful) this.#desk.probe()
      this.#doubtful = false
    } catch (error) {
      throw writeFault('what is sent', error)
    }
  }

  /** Ends what is under way with `closed`, and keeps what has come of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new PosthouseError('closed', 'the store of files was closed'))
    await Promise.allSettled(this.#busy.values())
    await this.#desk[Symbol.asyncDispose]()
    this.#parts.index[Symbol.dispose]()
    this.#parts.lock[Symbol.dispose]()
  }

  #open(key?: string): DiskParts {
    if (this.#closing.signal.aborted) throw new PosthouseError('closed', 'the store of files was closed')
    if (key !== undefined) assertBlobKey(key)
    return this.#parts
  }

  #idle(key: string): UploadRow {
    const found = this.#open(key).index.upload(key)
    if (!found) throw unknown(key)
    if (this.#busy.has(key)) throw new PosthouseError('upload_busy', `somebody else writes to ${key}`)
    return this.#desk.asOnDisk(found)
  }

  async #alone<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    this.#parts.file.check()
    const running = task()
    this.#busy.set(key, running)
    try {
      const result = await running
      this.#doubtful = false
      return result
    } catch (error) {
      throw this.#failed(key, error)
    } finally {
      this.#busy.delete(key)
    }
  }

  /** In our words. Where it may be the disk, the next check writes something. */
  #failed(key: string, error: unknown): PosthouseError {
    const fault = writeFault(key, error)
    this.#doubtful ||= fault.code === 'store_failed' || fault.code === 'no_room'
    return fault
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
  }

  async *#contentOf(file: FileRow, range: BlobRange, verify: boolean): AsyncGenerator<Uint8Array> {
    const { places, index } = this.#parts
    try {
      const small = file.size <= smallBytes ? index.small(file.sha256) : undefined
      if (small) yield* readSmall(small, file, range, verify)
      else yield* readContent(places.content(file.sha256), file, range, verify)
    } catch (error) {
      throw readFault(file.key, error, () => !this.#closing.signal.aborted && index.file(file.key) === undefined)
    }
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function assertFree(index: FileIndex, key: string): void {
  if (index.file(key) || index.upload(key)) throw new PosthouseError('key_in_use', `${key} is in use`)
}

function uploadInfo({ part: _part, moved: _moved, ...info }: UploadRow): UploadInfo {
  return info
}

/** @throws PosthouseError `no_room` where nothing more would be taken */
function assertRoom(folder: string, reserve: number | undefined): void {
  const left = roomIn(folder, reserve)
  if (left > 0) return
  throw new PosthouseError('no_room', `${folder} takes no more files: make room on its disk, or remove some`)
}

function unknown(key: string): PosthouseError {
  return new PosthouseError('unknown_file', `there is no file or upload ${key}`)
}

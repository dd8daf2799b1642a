import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import {
  type Announcement,
  assertSameContent,
  type BlobInfo,
  type Clock,
  isPosthouseError,
  PosthouseError,
  randomHex,
} from '@posthouse/core'
import type { FileGuard } from '../sqlite/file-guard.ts'
import { writeFault } from './disk-faults.ts'
import type { FileIndex, FileRow, UploadRow } from './file-index.ts'
import { GroupedSync } from './grouped-sync.ts'
import { PartWriter } from './part-writer.ts'
import { type Places, roomIn, sizeOf } from './places.ts'
import { RunningHash } from './running-hash.ts'

/** What a probe writes, more than is left in pages that are begun, and under which name: no upload and no content has it. */
const probeBytes = 65_536
const probeName = 'probe'

/** What a store is made of. It closes them. */
export interface DiskParts {
  readonly places: Places
  readonly index: FileIndex
  readonly file: FileGuard
  readonly lock: Disposable
  readonly clock: Clock
  readonly reserve: number | undefined
}

/** Makes files of uploads, and sees to it that content lies there as long as a file or an upload needs it. */
export class UploadDesk implements AsyncDisposable {
  readonly #parts: DiskParts
  readonly #journal: GroupedSync
  readonly #contents: GroupedSync
  readonly #hashes = new Map<string, RunningHash>()
  /** How many uploads are on their way to this content, which must not go while they are. */
  readonly #arriving = new Map<string, number>()

  constructor(parts: DiskParts) {
    this.#parts = parts
    this.#journal = new GroupedSync(`${parts.places.database}-wal`)
    this.#contents = new GroupedSync(parts.places.contents)
  }

  begin(key: string, announced: Announcement): void {
    const { index, places, clock } = this.#parts
    this.#assertRoom(key, announced.size ?? 0)
    const part = randomHex(16)
    try {
      closeSync(openSync(places.part(part), 'wx', 0o600))
      index.addUpload({ meta: {}, ...announced, key, part, offset: 0, at: clock.now() })
    } catch (error) {
      rmSync(places.part(part), { force: true })
      throw writeFault(key, error)
    }
    this.#hashes.set(key, new RunningHash())
  }

  /** A small file goes into the index with its bytes: one wait for the disk, which is shared with others. */
  async putSmall(key: string, bytes: Uint8Array, { sha256: wanted, meta = {} }: Announcement): Promise<BlobInfo> {
    const { index, clock } = this.#parts
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    assertSameContent(key, sha256, wanted)
    this.#assertRoom(key, bytes.length)
    const file = { key, size: bytes.length, sha256, at: clock.now(), meta: { ...meta } }
    index.addSmall(file, bytes)
    await this.#journal.sync()
    return file
  }

  /** Writes a little and takes it back: where the disk takes nothing, this fails as an upload would. */
  probe(): void {
    const { index, places } = this.#parts
    const bytes = new Uint8Array(probeBytes)
    writeFileSync(places.part(probeName), bytes, { mode: 0o600 })
    rmSync(places.part(probeName))
    index.addBytes(probeName, bytes)
    index.removeSmall(probeName)
  }

  /** An upload with no more bytes than there are. */
  asOnDisk(upload: UploadRow): UploadRow {
    return { ...upload, offset: Math.min(upload.offset, sizeOf(this.#parts.places.part(upload.part))) }
  }

  /** Resolves to how far the upload is. What came before a failure is kept, unless there is no room. */
  async write(upload: UploadRow, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const writer = await this.#writer(upload)
    try {
      for await (const chunk of chunks) await writer.write(chunk)
      return await writer.keep()
    } catch (error) {
      // Where keeping fails as well, less is kept; the first failure is the one to tell.
      await (isFull(upload.key, error) ? writer.takeBack() : writer.keep()).then(undefined, () => undefined)
      throw error
    } finally {
      await writer.close()
    }
  }

  async complete(upload: UploadRow): Promise<BlobInfo> {
    const { key, part, offset } = upload
    const sha256 = await this.#hashOf(key).digest(this.#parts.places.part(part), offset)
    try {
      assertSameContent(key, sha256, upload.sha256)
    } catch (error) {
      await this.forget(upload)
      throw error
    }
    return await this.#finish(upload, sha256)
  }

  async forget({ key, part }: UploadRow): Promise<void> {
    this.#parts.index.remove(key)
    this.#hashes.delete(key)
    rmSync(this.#parts.places.part(part), { force: true })
  }

  /** The content has one more file. */
  async copy(file: FileRow, key: string, meta: FileRow['meta'] = file.meta): Promise<BlobInfo> {
    const { index, clock } = this.#parts
    const copy = { ...file, key, at: clock.now(), meta: { ...meta } }
    index.addFile(copy)
    await this.#journal.sync()
    return copy
  }

  async removeFile({ key, sha256 }: FileRow): Promise<void> {
    this.#parts.index.remove(key)
    // The content goes last: the index never tells of what is not there.
    await this.#journal.sync()
    this.#dropUnused(sha256)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]()
    await this.#contents[Symbol.asyncDispose]()
  }

  #writer({ key, part, offset, size }: UploadRow): Promise<PartWriter> {
    const { index, places, clock } = this.#parts
    const kept = (end: number): void => index.setOffset(key, end, clock.now())
    const assertRoom = (bytes: number): void => this.#assertRoom(key, bytes)
    return PartWriter.open({ key, path: places.part(part), offset, size, hash: this.#hashOf(key), kept, assertRoom })
  }

  /** Of an upload that an earlier process began it has missed the beginning, and knows that. */
  #hashOf(key: string): RunningHash {
    const known = this.#hashes.get(key) ?? new RunningHash()
    this.#hashes.set(key, known)
    return known
  }

  /** A kill between any two steps leaves what `settle` can finish or take back. */
  async #finish({ key, part, offset, meta }: UploadRow, sha256: string): Promise<BlobInfo> {
    const { index, places, clock } = this.#parts
    const file = { key, size: offset, sha256, at: clock.now(), meta }
    this.#arriving.set(sha256, (this.#arriving.get(sha256) ?? 0) + 1)
    try {
      index.setMoved(key, sha256)
      // Over what is there with the same bytes: should that be damaged, it is whole again.
      renameSync(places.part(part), places.content(sha256))
      await this.#contents.sync()
      index.finish(file)
      await this.#journal.sync()
    } catch (error) {
      this.#takeBack(key, part, sha256)
      throw error
    } finally {
      this.#arriving.set(sha256, (this.#arriving.get(sha256) ?? 1) - 1)
      this.#dropUnused(sha256)
    }
    this.#hashes.delete(key)
    return file
  }

  /** Gives an upload that could not be finished its bytes again, where they are nobody else's by now. */
  #takeBack(key: string, part: string, sha256: string): void {
    const { index, places } = this.#parts
    if (this.#arriving.get(sha256) !== 1 || index.hasContent(sha256) || !existsSync(places.content(sha256))) return
    renameSync(places.content(sha256), places.part(part))
    index.setMoved(key, null)
  }

  #dropUnused(sha256: string): void {
    if ((this.#arriving.get(sha256) ?? 0) > 0) return
    this.#arriving.delete(sha256)
    const { index, places } = this.#parts
    if (index.hasContent(sha256)) return
    index.removeSmall(sha256)
    rmSync(places.content(sha256), { force: true })
  }

  #assertRoom(key: string, wanted: number): void {
    const { index, places, reserve } = this.#parts
    const left = roomIn(places.contents, reserve) - index.expected()
    if (wanted <= left && left > 0) return
    throw new PosthouseError('no_room', `${key} needs ${wanted} bytes, and the disk has ${Math.max(0, left)} to give`)
  }
}

function isFull(key: string, error: unknown): boolean {
  return !isPosthouseError(error) && writeFault(key, error).code === 'no_room'
}

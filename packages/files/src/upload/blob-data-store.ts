import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { abortable, type BlobInfo, type BlobStore, type Clock, isPosthouseError, PosthouseError } from '@posthouse/core'
import { DataStore, Upload } from '@tus/utils'
import type { FileLimits } from '../file-limits.ts'
import { fileMeta } from '../file-meta.ts'
import type { FileTraffic } from '../traffic.ts'
import type { Usage } from '../usage.ts'
import type { Attempts } from './attempts.ts'
import { requestBytes } from './request-bytes.ts'
import { currentVisit, type UploadVisit } from './upload-visit.ts'

/** What may be held in memory while it comes, in bytes. */
const wholeBytes = 262_144

/** What the uploads of tus are kept with. */
export interface BlobDataStoreOptions {
  readonly store: BlobStore
  readonly usage: Usage
  readonly limits: FileLimits
  readonly clock: Clock
  readonly attempts: Attempts
  readonly traffic: FileTraffic
}

/** Uploads of tus in a store of files, where they outlive this process. */
export class BlobDataStore extends DataStore {
  override extensions: string[] = [
    'creation',
    'creation-with-upload',
    'creation-defer-length',
    'expiration',
    'termination',
  ]
  readonly #options: BlobDataStoreOptions
  /** Sizes that were told after the beginning. The client tells them again when it comes back. */
  readonly #declared = new Map<string, number>()

  constructor(options: BlobDataStoreOptions) {
    super()
    this.#options = options
  }

  /** Begins an upload, anew where it was begun before. */
  override async create(upload: Upload): Promise<Upload> {
    const { store, limits, usage } = this.#options
    const { pass } = currentVisit()
    const { id: key, size, metadata = {} } = upload
    assertSize(key, size ?? 0, limits)
    await this.#drop(key)
    await usage.addFile(pass.client, size ?? 0)
    try {
      const { filename, filetype, sha256 } = metadata ?? {}
      const meta = fileMeta(filename, filetype)
      const announced = { ...(size !== undefined && { size }), ...(sha256 && { sha256 }), meta }
      const put = isWhole(currentVisit().request, size) ? store.put?.bind(store) : undefined
      if (put) currentVisit().whole = (bytes) => put(key, bytes, announced)
      else await store.begin(key, announced)
    } catch (error) {
      await usage.removeFile(pass.client, size ?? 0)
      throw error
    }
    if (size === 0) await this.#finish(key)
    return upload
  }

  /** The library's stream is empty: the bytes come straight from the request, without being copied from stream to stream. */
  override async write(_stream: Readable, key: string, offset: number): Promise<number> {
    const visit = currentVisit()
    if (visit.finished) return visit.finished.size
    if (visit.whole) return this.#put(key, visit, visit.whole)
    const { store, limits, clock, attempts, traffic } = this.#options
    const { size } = await this.#known(key)
    const most = (size ?? limits.fileBytes) - offset
    const onBytes = (count: number): void => traffic.received(count)
    const bytes = requestBytes(visit.request, { clock, idleMs: limits.idleMs, most, onBytes })
    const append = (counted: AsyncIterable<Uint8Array>) => store.append(key, offset, counted, attempts.signalOf(key))
    const end = size === undefined ? await this.#count(key, bytes, append) : await append(bytes)
    if (end === size) await this.#finish(key)
    return end
  }

  /** Of an upload whose size nobody knows yet each byte counts when it comes; what is not kept in the end is given back. */
  async #count(
    key: string,
    bytes: AsyncIterable<Uint8Array>,
    append: (counted: AsyncIterable<Uint8Array>) => Promise<number>,
  ): Promise<number> {
    const { store, usage } = this.#options
    const { client } = currentVisit().pass
    const before = (await store.upload(key))?.offset ?? 0
    let counted = 0
    async function* each(): AsyncGenerator<Uint8Array> {
      for await (const piece of bytes) {
        await usage.add(client, piece.length)
        counted += piece.length
        yield piece
      }
    }
    try {
      return await append(each())
    } finally {
      const kept = ((await store.upload(key))?.offset ?? before) - before
      await usage.add(client, Math.min(0, kept - counted))
    }
  }

  /** A small file that comes in one request: should it break off, it comes again as a whole. */
  async #put(key: string, visit: UploadVisit, put: NonNullable<UploadVisit['whole']>): Promise<number> {
    const { limits, clock, attempts, usage, traffic } = this.#options
    const size = Number(visit.request.headers['content-length'])
    try {
      const onBytes = (count: number): void => traffic.received(count)
      const bytes = requestBytes(visit.request, { clock, idleMs: limits.idleMs, most: size, onBytes })
      const pieces: Uint8Array[] = []
      for await (const piece of abortable(bytes, attempts.signalOf(key))) pieces.push(piece)
      visit.finished = await put(Buffer.concat(pieces))
      return size
    } catch (error) {
      await usage.removeFile(visit.pass.client, size)
      throw error
    }
  }

  override async getUpload(key: string): Promise<Upload> {
    const { offset, size, meta, at } = await this.#known(key)
    // A kill between the last byte and the end of the upload.
    if (offset === size && (await this.#options.store.upload(key))) await this.#finish(key)
    const { name, type } = meta
    const metadata = { ...(name && { filename: name }), ...(type && { filetype: type }) }
    return new Upload({
      id: key,
      offset,
      ...(size !== undefined && { size }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
      creation_date: new Date(at).toISOString(),
    })
  }

  override async declareUploadLength(key: string, size: number): Promise<void> {
    const { limits, store, usage } = this.#options
    assertSize(key, size, limits)
    const { offset } = (await store.upload(key)) ?? { offset: 0 }
    await usage.add(currentVisit().pass.client, size - offset)
    this.#declared.set(key, size)
  }

  override async remove(key: string): Promise<void> {
    if (!(await this.#drop(key))) throw new PosthouseError('unknown_file', `there is no upload ${key}`)
  }

  async #known(key: string): Promise<{ offset: number; size?: number; meta: BlobInfo['meta']; at: number }> {
    const { store } = this.#options
    const upload = await store.upload(key)
    const declared = this.#declared.get(key)
    if (upload) return { meta: {}, ...upload, ...(declared !== undefined && { size: declared }) }
    const file = await store.head(key)
    if (file) return { ...file, offset: file.size }
    throw new PosthouseError('unknown_file', `there is no upload ${key}`)
  }

  /** Gives up what was begun. */
  async #drop(key: string): Promise<boolean> {
    const { store, usage } = this.#options
    const begun = await store.upload(key)
    const declared = this.#declared.get(key)
    this.#declared.delete(key)
    if (!begun) return false
    await store.remove(key)
    await usage.removeFile(currentVisit().pass.client, begun.size ?? declared ?? begun.offset)
    return true
  }

  async #finish(key: string): Promise<void> {
    const { store, usage } = this.#options
    const visit = currentVisit()
    const begun = await store.upload(key)
    const size = begun?.size ?? begun?.offset ?? 0
    try {
      visit.finished = await store.complete(key)
      this.#declared.delete(key)
    } catch (error) {
      // The store has removed what is not what it should be.
      if (isPosthouseError(error) && error.code === 'content_mismatch') await usage.removeFile(visit.pass.client, size)
      throw error
    }
  }
}

/** True for a request that brings all of a small file. */
function isWhole({ headers }: IncomingMessage, size: number | undefined): boolean {
  if (size === undefined || size === 0 || size > wholeBytes) return false
  return headers['content-type'] === 'application/offset+octet-stream' && headers['content-length'] === String(size)
}

/** @throws PosthouseError `file_too_large` */
function assertSize(key: string, size: number, { fileBytes }: FileLimits): void {
  if (size <= fileBytes) return
  throw new PosthouseError('file_too_large', `${key} has ${size} bytes; a file may have ${fileBytes} here`)
}

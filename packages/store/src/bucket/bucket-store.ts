import { createHash } from 'node:crypto'
import {
  type Announcement,
  abortable,
  assertAnnouncedSize,
  assertAnnouncement,
  assertBlobKey,
  assertSameContent,
  type BlobEntry,
  type BlobInfo,
  type BlobPage,
  type BlobReadOptions,
  type BlobStore,
  blobRange,
  type Clock,
  PosthouseError,
  type SignedUrlOptions,
  sortedPage,
  type UploadInfo,
} from '@posthouse/core'
import type { Bucket, ObjectEntry } from './bucket.ts'
import { BucketContents } from './bucket-contents.ts'
import { type BucketUpload, BucketUploads, ownFolder } from './bucket-uploads.ts'

/** The largest object that is copied in one piece, in bytes. */
const copiedAtOnce = 5 * 1024 ** 3

/** Files in a bucket. Each lies under its key, where other programs find it; what is of the store itself below `.posthouse/`. */
export class BucketBlobStore implements BlobStore {
  readonly #bucket: Bucket
  readonly #clock: Clock
  readonly #uploads: BucketUploads
  readonly #contents: BucketContents
  readonly #busy = new Set<string>()
  readonly #closing = new AbortController()

  constructor(bucket: Bucket, clock: Clock) {
    this.#bucket = bucket
    this.#clock = clock
    this.#uploads = new BucketUploads(bucket, clock)
    this.#contents = new BucketContents(bucket, `${ownFolder}contents/`)
  }

  async begin(key: string, announced: Announcement = {}): Promise<void> {
    this.#check(key)
    assertAnnouncement(announced)
    await this.#alone(key, async () => {
      await this.#assertFree(key)
      await this.#uploads.begin(key, announced)
    })
  }

  async append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    return await this.#alone(key, async () => {
      const upload = await this.#begun(key)
      if (upload.offset !== offset) {
        throw new PosthouseError('offset_mismatch', `${key} is at byte ${upload.offset}, not at ${offset}`)
      }
      return await this.#uploads.write(upload, abortable(announcedOf(upload, bytes), this.#untilClosed(signal)))
    })
  }

  async complete(key: string): Promise<BlobInfo> {
    return await this.#alone(key, async () => {
      const upload = await this.#begun(key)
      assertAnnouncedSize(key, upload.offset, upload)
      return await this.#noted(await this.#uploads.complete(upload))
    })
  }

  async put(key: string, bytes: Uint8Array, announced: Announcement = {}): Promise<BlobInfo> {
    const { size = bytes.length, sha256: wanted, meta = {} } = assertAnnouncement(announced)
    if (bytes.length > size) throw new PosthouseError('file_too_large', `${key} was announced with ${size} bytes`)
    assertAnnouncedSize(key, bytes.length, announced)
    return await this.#alone(key, async () => {
      await this.#assertFree(key)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      assertSameContent(key, sha256, wanted)
      await this.#bucket.put(key, bytes, { sha256, meta })
      const { at = this.#clock.now() } = (await this.#bucket.head(key)) ?? {}
      return await this.#noted({ key, size: bytes.length, at, sha256, meta })
    })
  }

  async upload(key: string): Promise<UploadInfo | undefined> {
    this.#check(key)
    const found = await this.#uploads.find(key)
    return found && infoOf(found)
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    this.#check(key)
    const found = await this.#bucket.head(key)
    if (!found) return undefined
    const { name, size, at, sha256, meta = {} } = found
    return { key: name, size, at, meta, ...(sha256 !== undefined && { sha256 }) }
  }

  async read(key: string, options: BlobReadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const file = await this.head(key)
    if (!file) throw unknown(key)
    const range = blobRange(file.size, options)
    return abortable(this.#contentOf(file, range, options), this.#untilClosed(options.signal))
  }

  async remove(key: string): Promise<boolean> {
    return await this.#alone(key, async () => {
      if (await this.#uploads.has(key)) await this.#uploads.remove(key)
      else return await this.#removeFile(key)
      return true
    })
  }

  async copy(from: string, to: string, meta?: Readonly<Record<string, string>>): Promise<BlobInfo> {
    this.#check(from)
    this.#check(to)
    assertAnnouncement(meta ? { meta } : {})
    return await this.#alone(to, async () => {
      const file = await this.head(from)
      if (!file) throw unknown(from)
      await this.#assertFree(to)
      if (file.size > copiedAtOnce)
        throw new PosthouseError('file_too_large', `${from} has more than 5 GiB, which no bucket copies at once`)
      const facts = { sha256: file.sha256 ?? (await this.#digest(file)), meta: meta ?? file.meta }
      if (file.size === 0) await this.#bucket.put(to, new Uint8Array(), facts)
      else await this.#bucket.join([{ name: from, size: file.size, at: file.at }], to, facts)
      const { at = file.at } = (await this.#bucket.head(to)) ?? {}
      return await this.#noted({ key: to, size: file.size, at, ...facts })
    })
  }

  async find(prefix: string, sha256: string): Promise<BlobInfo | undefined> {
    this.#assertOpen()
    for await (const key of this.#contents.keys(sha256, prefix)) {
      const file = await this.head(key)
      if (file?.sha256 === sha256) return file
    }
    return undefined
  }

  async list({ prefix = '', after, limit = 1000 }: BlobPage = {}): Promise<readonly BlobEntry[]> {
    this.#assertOpen()
    const found: ObjectEntry[] = []
    for (let from = after; found.length < limit; ) {
      const page = await this.#bucket.list({ prefix, after: from, limit })
      found.push(...page.filter(({ name }) => !name.startsWith(ownFolder)))
      from = page.at(-1)?.name
      if (page.length < limit) break
    }
    return found.slice(0, limit).map(({ name, size, at }) => ({ key: name, size, at }))
  }

  async uploads({ prefix = '', after, limit = 1000 }: BlobPage = {}): Promise<readonly UploadInfo[]> {
    this.#assertOpen()
    const found = (await this.#uploads.all()).filter(({ key }) => key.startsWith(prefix))
    return sortedPage(found.map(infoOf), ({ key }) => key, after === undefined ? { limit } : { after, limit })
  }

  async signedUrl(key: string, { ttlMs, mediaType, disposition }: SignedUrlOptions): Promise<string> {
    if (!(await this.head(key))) throw unknown(key)
    return await this.#bucket.sign(key, { ttlMs, mediaType, disposition })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new PosthouseError('closed', 'the store of files was closed'))
    await this.#bucket[Symbol.asyncDispose]()
  }

  /** A file is there also where the note of its content fails: it is then sent again, which harms nobody. */
  async #noted(file: BlobInfo & { readonly sha256: string }): Promise<BlobInfo> {
    await this.#contents.add(file.sha256, file.key).catch(() => undefined)
    return file
  }

  async #removeFile(key: string): Promise<boolean> {
    const file = await this.#bucket.head(key)
    if (!file) return false
    await this.#bucket.remove(key)
    if (file.sha256 !== undefined) await this.#contents.remove(file.sha256, key)
    return true
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new PosthouseError('closed', 'the store of files was closed')
  }

  #check(key: string): void {
    this.#assertOpen()
    assertBlobKey(key)
    if (!key.startsWith(ownFolder)) return
    throw new PosthouseError('invalid_key', `${key} lies in ${ownFolder}, which is the store's own`)
  }

  async #assertFree(key: string): Promise<void> {
    if (!(await this.#bucket.head(key)) && !(await this.#uploads.has(key))) return
    throw new PosthouseError('key_in_use', `${key} is in use`)
  }

  async #begun(key: string): Promise<BucketUpload> {
    const found = await this.#uploads.find(key)
    if (found) return found
    throw unknown(key)
  }

  async #alone<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    this.#check(key)
    if (this.#busy.has(key)) throw new PosthouseError('upload_busy', `somebody else writes to ${key}`)
    this.#busy.add(key)
    try {
      return await task()
    } finally {
      this.#busy.delete(key)
    }
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
  }

  async *#contentOf(
    { key, size, sha256 }: BlobInfo,
    range: { readonly start: number; readonly end: number },
    { verify = false, signal }: BlobReadOptions,
  ): AsyncGenerator<Uint8Array> {
    if (range.start === range.end) return
    const whole = range.end - range.start === size
    const hash = verify && whole && sha256 !== undefined ? createHash('sha256') : undefined
    const bytes = await this.#bucket.get(key, whole ? undefined : range, signal)
    if (!bytes) throw unknown(key)
    let left = range.end - range.start
    for await (const chunk of bytes) {
      hash?.update(chunk)
      left -= chunk.length
      yield chunk
    }
    if (left > 0) throw new PosthouseError('content_mismatch', `${left} of the bytes of ${key} are missing`)
    if (hash) assertSameContent(key, hash.digest('hex'), sha256)
  }

  async #digest(file: BlobInfo): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of this.#contentOf(file, { start: 0, end: file.size }, {})) hash.update(chunk)
    return hash.digest('hex')
  }
}

/** @throws PosthouseError while reading `file_too_large` */
async function* announcedOf(
  { key, size = Infinity, offset }: UploadInfo,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let end = offset
  for await (const chunk of bytes) {
    end += chunk.length
    if (end > size) throw new PosthouseError('file_too_large', `${key} was announced with ${size} bytes, and has more`)
    yield chunk
  }
}

function infoOf({ parts: _parts, ...info }: BucketUpload): UploadInfo {
  return info
}

function unknown(key: string): PosthouseError {
  return new PosthouseError('unknown_file', `there is no file or upload ${key}`)
}

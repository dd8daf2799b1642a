import { createHash, type Hash } from 'node:crypto'
import { type Announcement, assertSameContent, type BlobInfo, type Clock, type UploadInfo } from '@posthouse/core'
import type { Bucket, ObjectEntry } from './bucket.ts'
import { inTurns } from './in-turns.ts'

/** What lies below is the store's own. */
export const ownFolder = '.posthouse/'
const uploadsFolder = `${ownFolder}uploads/`
/** Parts have at least so many bytes, in buckets of every kind, where they are not the last. */
const leastPartBytes = 5 * 1024 * 1024
const usualPartBytes = 8 * 1024 * 1024
/** A bucket joins 10,000 parts; attempts that ended early have made some of them smaller. */
const mostParts = 9000

/** An upload with the objects that hold what has arrived. */
export interface BucketUpload extends UploadInfo {
  readonly parts: readonly ObjectEntry[]
}

/** Uploads as objects of their own: one that tells of it, and one for each part. They become a file within the bucket. */
export class BucketUploads {
  readonly #bucket: Bucket
  readonly #clock: Clock
  readonly #hashes = new Map<string, { readonly hash: Hash; offset: number }>()

  constructor(bucket: Bucket, clock: Clock) {
    this.#bucket = bucket
    this.#clock = clock
  }

  async begin(key: string, announced: Announcement): Promise<void> {
    const told = { meta: {}, ...announced, key, at: this.#clock.now() }
    await this.#bucket.put(`${folderOf(key)}about`, Buffer.from(JSON.stringify(told)))
    this.#hashes.set(key, { hash: createHash('sha256'), offset: 0 })
  }

  async find(key: string): Promise<BucketUpload | undefined> {
    const about = await bytesOf(this.#bucket, `${folderOf(key)}about`)
    if (!about) return undefined
    const parts = await everything(this.#bucket, `${folderOf(key)}part-`)
    const { at, ...told } = JSON.parse(about.toString()) as Omit<UploadInfo, 'offset'>
    const offset = parts.reduce((sum, { size }) => sum + size, 0)
    return { ...told, offset, at: Math.max(at, ...parts.map((part) => part.at)), parts }
  }

  /** True where there is an upload of this key: one request, where finding it out takes more. */
  async has(key: string): Promise<boolean> {
    return (await this.#bucket.head(`${folderOf(key)}about`)) !== undefined
  }

  /** All uploads. There are as many as are under way. */
  async all(): Promise<readonly BucketUpload[]> {
    const objects = await everything(this.#bucket, uploadsFolder)
    const found: BucketUpload[] = []
    for (const { name } of objects) {
      if (!name.endsWith('/about')) continue
      const about = await bytesOf(this.#bucket, name)
      const upload = about && (await this.find((JSON.parse(about.toString()) as UploadInfo).key))
      if (upload) found.push(upload)
    }
    return found
  }

  /** Keeps the bytes that come, part by part, and at the end of the attempt what is less than a part. */
  async write(upload: BucketUpload, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { key, size = 0 } = upload
    const running = this.#hashes.get(key)
    const partBytes = Math.max(usualPartBytes, Math.ceil(size / mostParts))
    const part = await this.#lastPart(upload, partBytes)
    let offset = upload.offset
    const keep = async (): Promise<void> => {
      if (part.fresh)
        await this.#bucket.put(`${folderOf(key)}part-${number(part.index)}`, part.bytes.subarray(0, part.length))
      part.fresh = false
    }
    try {
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.length; ) {
          if (part.length === partBytes) {
            await keep()
            part.index++
            part.length = 0
          }
          const taken = Math.min(chunk.length - done, partBytes - part.length)
          part.bytes.set(chunk.subarray(done, done + taken), part.length)
          part.length += taken
          part.fresh = true
          done += taken
        }
        if (running?.offset === offset) {
          running.hash.update(chunk)
          running.offset += chunk.length
        }
        offset += chunk.length
      }
    } finally {
      await keep()
    }
    return offset
  }

  async complete({
    key,
    parts,
    offset,
    sha256,
    meta = {},
  }: BucketUpload): Promise<BlobInfo & { readonly sha256: string }> {
    const found = await this.#digest(key, parts, offset)
    try {
      assertSameContent(key, found, sha256)
    } catch (error) {
      await this.remove(key)
      throw error
    }
    const facts = { sha256: found, meta }
    if (offset === 0) await this.#bucket.put(key, new Uint8Array(), facts)
    else await this.#bucket.join(parts, key, facts)
    await this.#forget(key, parts)
    const written = await this.#bucket.head(key)
    return { key, size: offset, at: written?.at ?? this.#clock.now(), ...facts }
  }

  async remove(key: string): Promise<void> {
    await this.#forget(key, await everything(this.#bucket, `${folderOf(key)}part-`))
  }

  /** What tells of it goes last: until then it can be removed again. */
  async #forget(key: string, parts: readonly ObjectEntry[]): Promise<void> {
    this.#hashes.delete(key)
    await inTurns(parts, ({ name }) => this.#bucket.remove(name))
    await this.#bucket.remove(`${folderOf(key)}about`)
  }

  /** Where the next bytes go: behind those of the last part, where that is too small to be one. */
  async #lastPart({ parts }: BucketUpload, partBytes: number): Promise<Part> {
    const bytes = new Uint8Array(partBytes)
    const last = parts.at(-1)
    if (last === undefined) return { bytes, index: 0, length: 0, fresh: false }
    if (last.size >= leastPartBytes) return { bytes, index: parts.length, length: 0, fresh: false }
    const begun = await bytesOf(this.#bucket, last.name)
    bytes.set(begun ?? [])
    return { bytes, index: Math.max(0, parts.length - 1), length: begun?.length ?? 0, fresh: false }
  }

  async #digest(key: string, parts: readonly ObjectEntry[], size: number): Promise<string> {
    const running = this.#hashes.get(key)
    if (running?.offset === size) return running.hash.copy().digest('hex')
    const hash = createHash('sha256')
    for (const { name } of parts)
      for await (const chunk of (await this.#bucket.get(name, undefined)) ?? []) hash.update(chunk)
    return hash.digest('hex')
  }
}

interface Part {
  readonly bytes: Uint8Array
  index: number
  length: number
  /** It has bytes that the bucket has not. */
  fresh: boolean
}

/** Keys may be longer than what is left for a name in this folder. */
function folderOf(key: string): string {
  return `${uploadsFolder}${createHash('sha256').update(key).digest('hex')}/`
}

function number(index: number): string {
  return String(index).padStart(5, '0')
}

async function bytesOf(bucket: Bucket, name: string): Promise<Buffer | undefined> {
  const chunks = await bucket.get(name, undefined)
  if (!chunks) return undefined
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** All objects that begin with `prefix`. */
async function everything(bucket: Bucket, prefix: string): Promise<readonly ObjectEntry[]> {
  const all: ObjectEntry[] = []
  for (let after: string | undefined; ; after = all.at(-1)?.name) {
    const page = await bucket.list({ prefix, after, limit: 1000 })
    all.push(...page)
    if (page.length < 1000) return all
  }
}

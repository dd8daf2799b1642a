import { Buffer } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { PosthouseError } from '@posthouse/core'
import type { Sink } from '../fetcher.ts'
import { targetFailed } from './places.ts'

/** So many bytes go to the disk at a time. */
const gatheredBytes = 1_048_576
const readBytes = 1_048_576

/** A file that is not whole yet: it has a name of its own until it is. */
export class PartFile implements Sink, AsyncDisposable {
  readonly path: string
  readonly #handle: FileHandle
  #hash: Hash = createHash('sha256')
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  /** Bytes on the disk. */
  #written = 0

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /**
   * Opens what an earlier life has left, or an empty one. A link in its place is not followed.
   * @throws PosthouseError `target_failed`, `no_room`
   */
  static async open(path: string): Promise<PartFile> {
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
    const handle = await open(path, flags, 0o666).catch((cause) => {
      throw targetFailed(path, cause)
    })
    const part = new PartFile(path, handle)
    try {
      if (!(await handle.stat()).isFile()) throw new PosthouseError('target_failed', `${path} is no file`)
      await part.#takeUp()
      return part
    } catch (cause) {
      await handle.close()
      throw targetFailed(path, cause)
    }
  }

  get length(): number {
    return this.#written + this.#gatheredBytes
  }

  /** The SHA-256 of all of it; the last call but those that end it. */
  async digest(): Promise<string> {
    await this.#flush()
    return this.#hash.digest('hex')
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
    if (this.#gatheredBytes >= gatheredBytes) await this.#flush()
  }

  async reset(): Promise<void> {
    this.#gathered = []
    this.#gatheredBytes = this.#written = 0
    this.#hash = createHash('sha256')
    await this.#try(() => this.#handle.truncate(0))
  }

  /** Has it on the disk, as it is to be from now on. */
  async complete({
    executable = false,
    mtime,
  }: {
    readonly executable?: boolean
    readonly mtime?: number
  }): Promise<void> {
    await this.#flush()
    await this.#try(async () => {
      if (executable) await this.#handle.chmod(0o755)
      if (mtime !== undefined) await this.#handle.utimes(mtime / 1000, mtime / 1000)
      await this.#handle.datasync()
    })
  }

  /** Gives it its name, in place of what has it. */
  async rename(path: string): Promise<void> {
    await this.#try(() => rename(this.path, path))
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true })
  }

  /** Keeps what has come, so that another attempt goes on there. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#flush()
    } finally {
      await this.#handle.close()
    }
  }

  async #takeUp(): Promise<void> {
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes, this.#written)
      if (bytesRead === 0) return
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#written += bytesRead
    }
  }

  async #flush(): Promise<void> {
    const pieces = this.#gathered
    if (pieces.length === 0) return
    const length = this.#gatheredBytes
    await this.#try(async () => {
      const { bytesWritten } = await this.#handle.writev(pieces, this.#written)
      if (bytesWritten !== length)
        throw new PosthouseError('no_room', `${this.path} took ${bytesWritten} of ${length} bytes`)
    })
    this.#written += length
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  async #try(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (cause) {
      throw targetFailed(this.path, cause)
    }
  }
}

/** True where the file at `path` has this content. */
export async function hasContent(path: string, size: number, sha256: string | undefined): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(() => undefined)
  if (handle === undefined) return false
  try {
    const stats = await handle.stat()
    if (!stats.isFile() || stats.size !== size) return false
    if (sha256 === undefined) return true
    const hash = createHash('sha256')
    for await (const piece of handle.createReadStream({ autoClose: false, highWaterMark: readBytes }))
      hash.update(piece)
    return hash.digest('hex') === sha256
  } finally {
    await handle.close()
  }
}

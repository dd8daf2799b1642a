import { Buffer } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { PosthouseError } from '@posthouse/core'
import type { Sink } from '../fetcher.ts'
import { isCode, lookAt, targetFailed } from './places.ts'

/** So many bytes go to the disk at a time. */
const gatheredBytes = 1_048_576
const readBytes = 1_048_576

/**
 * A file that is not whole yet: it has a name of its own until it is. Two programs that fetch the same into one place write the
 * same bytes to the same file, and the first one that has them all names it; so bytes are never taken out of it.
 */
export class PartFile implements Sink, AsyncDisposable {
  readonly path: string
  #handle: FileHandle
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
    const handle = await openPart(path)
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
    await this.remove()
    await this.#handle.close()
    this.#handle = await openPart(this.path)
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

  /** False where another program has named or removed it. */
  async isInPlace(): Promise<boolean> {
    const [own, there] = await Promise.all([this.#handle.stat(), lookAt(this.path)])
    return there?.ino === own.ino && there.dev === own.dev
  }

  /** Gives it its name, in place of what has it; false where another program was faster. */
  async rename(path: string): Promise<boolean> {
    if (!(await this.isInPlace())) return false
    try {
      await rename(this.path, path)
      return true
    } catch (cause) {
      if (isCode(cause, 'ENOENT')) return false
      throw targetFailed(this.path, cause)
    }
  }

  /** Removes it, where it is still there. */
  async remove(): Promise<void> {
    if (await this.isInPlace()) await rm(this.path, { force: true })
  }

  /** Keeps what has come, so that another attempt goes on there. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What the disk does not take is fetched again; why, whoever wrote it has been told.
    await this.#flush().catch(() => undefined)
    await this.#handle.close()
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

/** @throws PosthouseError `target_failed`, `no_room` */
function openPart(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  return open(path, flags, 0o666).catch((cause) => {
    throw targetFailed(path, cause)
  })
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

import { Buffer } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { PosthouseError } from '@posthouse/core'
import type { Sink } from '../fetcher.ts'
import { isCode, lookAt, targetFailed } from './places.ts'

/** So many are gathered before they are written: a chunk of a socket is not worth a call. */
const gatheredBytes = 524_288
const readBytes = 1_048_576
/** The disk begins with what it has so early that not all of it is left for the end. */
const stepBytes = 16 * 1_048_576

/**
 * A file that is not whole yet: it has a name of its own until it is. Two programs that fetch the same into one place write the
 * same bytes to the same file, and the first one that has them all names it; so bytes are never taken out of it.
 */
export class PartFile implements Sink, AsyncDisposable {
  readonly path: string
  #handle: FileHandle
  /** As it was opened. */
  #stats: Stats
  #hash: Hash = createHash('sha256')
  /** While the disk has one piece, the next one is gathered. */
  #gathering: Buffer
  #spare: Buffer
  #gathered = 0
  /** Bytes that were handed to the disk. */
  #written = 0
  #writing: Promise<void> = Promise.resolve()
  /** Up to where the disk was asked to begin. */
  #asked = 0
  #syncing: Promise<void> | undefined

  private constructor(path: string, { handle, stats }: Opened, expected: number) {
    this.path = path
    this.#handle = handle
    this.#stats = stats
    this.#gathering = Buffer.allocUnsafeSlow(Math.max(1, Math.min(gatheredBytes, expected)))
    this.#spare = expected > gatheredBytes ? Buffer.allocUnsafeSlow(gatheredBytes) : this.#gathering
  }

  /**
   * Opens what an earlier life has left, or an empty one. A link in its place is not followed.
   * @param expected how many bytes it will have, where that is known.
   * @throws PosthouseError `target_failed`, `no_room`
   */
  static async open(path: string, expected: number = Number.POSITIVE_INFINITY): Promise<PartFile> {
    const opened = await openPart(path)
    const part = new PartFile(path, opened, expected)
    try {
      await part.#takeUp(opened.stats.size)
      return part
    } catch (cause) {
      await opened.handle.close()
      throw targetFailed(path, cause)
    }
  }

  get length(): number {
    return this.#written + this.#gathered
  }

  /** The SHA-256 of all of it; the last call but those that end it. */
  async digest(): Promise<string> {
    await this.#flush()
    return this.#hash.digest('hex')
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    for (let done = 0; done < bytes.length; ) {
      const taken = Math.min(bytes.length - done, this.#gathering.length - this.#gathered)
      this.#gathering.set(bytes.subarray(done, done + taken), this.#gathered)
      this.#gathered += taken
      done += taken
      if (this.#gathered === this.#gathering.length) await this.#pass()
    }
  }

  async reset(): Promise<void> {
    await this.#writing
    this.#gathered = this.#written = this.#asked = 0
    this.#hash = createHash('sha256')
    await this.remove()
    await this.#syncing
    await this.#handle.close()
    const { handle, stats } = await openPart(this.path)
    this.#handle = handle
    this.#stats = stats
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
    const there = await lookAt(this.path)
    return there?.ino === this.#stats.ino && there.dev === this.#stats.dev
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
    await this.#syncing
    await this.#handle.close()
  }

  async #takeUp(size: number): Promise<void> {
    while (this.#written < size) {
      const wanted = Math.min(readBytes, size - this.#written)
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#written)
      if (bytesRead === 0) return
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#written += bytesRead
    }
  }

  async #flush(): Promise<void> {
    await this.#pass()
    await this.#writing
  }

  /** Hands what was gathered to the disk, once that has written what it was given before. */
  async #pass(): Promise<void> {
    await this.#writing
    if (this.#gathered === 0) return
    const [piece, at] = [this.#gathering.subarray(0, this.#gathered), this.#written]
    this.#writing = this.#try(() => this.#writeAll(piece, at))
    // Its failure is met where it is waited for, which is later.
    this.#writing.catch(() => undefined)
    this.#written += this.#gathered
    this.#gathered = 0
    if (this.#written - this.#asked >= stepBytes) this.#hurry()
    if (this.#spare === this.#gathering) await this.#writing
    else [this.#gathering, this.#spare] = [this.#spare, this.#gathering]
  }

  /** Whether it succeeds, the wait at the end finds out. */
  #hurry(): void {
    if (this.#syncing !== undefined) return
    this.#asked = this.#written
    const over = (): void => {
      this.#syncing = undefined
    }
    this.#syncing = this.#handle.datasync().then(over, over)
  }

  async #writeAll(piece: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await this.#handle.write(piece, done, piece.length - done, at + done)
      done += bytesWritten
    }
  }

  async #try(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (cause) {
      throw targetFailed(this.path, cause)
    }
  }
}

interface Opened {
  readonly handle: FileHandle
  readonly stats: Stats
}

/** @throws PosthouseError `target_failed`, `no_room` */
async function openPart(path: string): Promise<Opened> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  const handle = await open(path, flags, 0o666).catch((cause) => {
    throw targetFailed(path, cause)
  })
  const stats = await handle.stat()
  if (stats.isFile()) return { handle, stats }
  await handle.close()
  throw new PosthouseError('target_failed', `${path} is no file`)
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

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { PosthouseError } from '@posthouse/core'
import { noFollow } from './places.ts'
import type { RunningHash } from './running-hash.ts'

/** A writer has the disk asked whether its bytes are there whenever it is so many further. A kill can cost twice as much. */
const stepBytes = 4 << 20
/** So many are gathered before they are written: a chunk of a socket is not worth a call. */
const gatheredBytes = 512 << 10

/** What a writer writes, and to whom it tells how far it is. */
export interface PartTask {
  readonly key: string
  readonly path: string
  readonly offset: number
  /** Bytes of the whole upload; more are refused. */
  readonly size: number | undefined
  readonly hash: RunningHash
  /** All up to `offset` is on the disk. */
  readonly kept: (offset: number) => void
  /** Throws where `bytes` more than were announced find no room. */
  readonly assertRoom: (bytes: number) => void
}

/** Appends to the file of an upload: while the disk has one piece, the next one is gathered. */
export class PartWriter {
  readonly #task: PartTask
  readonly #handle: FileHandle
  readonly #pieceBytes: number
  #gathering: Buffer
  #spare: Buffer
  #gathered = 0
  /** Up to where bytes were handed to the disk, where it was asked whether it has them, and where it has said so. */
  #written: number
  #asked: number
  #kept: number
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()

  private constructor(task: PartTask, handle: FileHandle) {
    const { offset, size = Number.POSITIVE_INFINITY } = task
    this.#task = task
    this.#handle = handle
    this.#written = this.#asked = this.#kept = offset
    this.#pieceBytes = Math.max(1, Math.min(gatheredBytes, size - offset))
    this.#gathering = Buffer.allocUnsafeSlow(this.#pieceBytes)
    this.#spare = size - offset > gatheredBytes ? Buffer.allocUnsafeSlow(gatheredBytes) : this.#gathering
  }

  /** Opens the file of an upload, without what nobody was told of. */
  static async open(task: PartTask): Promise<PartWriter> {
    const handle = await open(task.path, constants.O_RDWR | constants.O_CREAT | noFollow, 0o600)
    try {
      await handle.truncate(task.offset)
      return new PartWriter(task, handle)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    const { key, size, assertRoom } = this.#task
    if (size !== undefined && this.#written + this.#gathered + chunk.length > size) {
      throw new PosthouseError('file_too_large', `${key} was announced with ${size} bytes, and has more`)
    }
    for (let done = 0; done < chunk.length; ) {
      const taken = Math.min(chunk.length - done, this.#pieceBytes - this.#gathered)
      this.#gathering.set(chunk.subarray(done, done + taken), this.#gathered)
      this.#gathered += taken
      done += taken
      if (this.#gathered === this.#pieceBytes) await this.#pass()
    }
    if (this.#written - this.#asked < stepBytes) return
    await this.#ask()
    if (size === undefined) assertRoom(stepBytes)
  }

  /** Resolves to how far the upload is, when all of that is on the disk. */
  async keep(): Promise<number> {
    await this.#pass()
    if (this.#written > this.#asked) await this.#ask()
    await this.#syncing
    return this.#kept
  }

  /** Takes back what this writer has written. */
  async takeBack(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing])
    this.#task.hash.forget()
    this.#gathered = 0
    this.#written = this.#asked = this.#kept = this.#task.offset
    await this.#handle.truncate(this.#kept)
    this.#task.kept(this.#kept)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing])
    await this.#handle.close()
  }

  /** Hands what was gathered to the disk, once that has written what it was given before. */
  async #pass(): Promise<void> {
    await this.#writing
    if (this.#gathered === 0) return
    const [piece, offset] = [this.#gathering.subarray(0, this.#gathered), this.#written]
    this.#writing = noticed(this.#writeAll(piece, offset))
    // While the disk is at work.
    this.#task.hash.add(offset, piece)
    this.#written += this.#gathered
    this.#gathered = 0
    if (this.#spare === this.#gathering) await this.#writing
    else [this.#gathering, this.#spare] = [this.#spare, this.#gathering]
  }

  /** Asks the disk to have what was written, once it has answered the question before. */
  async #ask(): Promise<void> {
    await Promise.all([this.#writing, this.#syncing])
    const end = this.#written
    this.#asked = end
    this.#syncing = noticed(
      this.#handle.datasync().then(() => {
        this.#kept = end
        this.#task.kept(end)
      }),
    )
  }

  async #writeAll(piece: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await this.#handle.write(piece, done, piece.length - done, offset + done)
      done += bytesWritten
    }
  }
}

/** Its failure is met where it is waited for, which may be later. */
function noticed(task: Promise<void>): Promise<void> {
  task.catch(() => undefined)
  return task
}

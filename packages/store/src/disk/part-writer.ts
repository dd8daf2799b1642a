import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { PosthouseError } from '@posthouse/core'
import { noFollow } from './places.ts'
import type { RunningHash } from './running-hash.ts'

/** A writer tells how far its bytes are on the disk whenever it is so many further. It is what a kill can cost. */
const stepBytes = 8 << 20

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

/** Appends to the file of an upload. */
export class PartWriter {
  readonly #task: PartTask
  readonly #handle: FileHandle
  #offset: number
  #kept: number

  private constructor(task: PartTask, handle: FileHandle) {
    this.#task = task
    this.#handle = handle
    this.#offset = task.offset
    this.#kept = task.offset
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
    const { key, size, hash, assertRoom } = this.#task
    const end = this.#offset + chunk.length
    if (size !== undefined && end > size) {
      throw new PosthouseError('file_too_large', `${key} was announced with ${size} bytes, and has more`)
    }
    const written = this.#writeAll(chunk)
    // While the disk is at work.
    hash.add(this.#offset, chunk)
    await written
    this.#offset = end
    if (end - this.#kept < stepBytes) return
    await this.keep()
    if (size === undefined) assertRoom(stepBytes)
  }

  /** Resolves to how far the upload is, when all of that is on the disk. */
  async keep(): Promise<number> {
    if (this.#offset > this.#kept) {
      await this.#handle.datasync()
      this.#kept = this.#offset
      this.#task.kept(this.#kept)
    }
    return this.#kept
  }

  /** Takes back what this writer has written. */
  async takeBack(): Promise<void> {
    this.#task.hash.forget()
    this.#offset = this.#task.offset
    this.#kept = this.#task.offset
    await this.#handle.truncate(this.#kept)
    this.#task.kept(this.#kept)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #writeAll(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, this.#offset + done)
      done += bytesWritten
    }
  }
}

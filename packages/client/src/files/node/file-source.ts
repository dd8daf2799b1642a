import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { UploadSource } from '../upload-source.ts'

/** So many bytes are read at a time. */
const pieceBytes = 1_048_576

/** What tells one state of a file from another. */
interface FileState {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
}

/**
 * A file of the disk, which must stay what it is.
 * @throws PosthouseError `source_failed`
 */
export async function openFile(path: string, name?: string): Promise<UploadSource> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(failed(path))
  try {
    const state = await handle.stat({ bigint: true })
    if (state.isDirectory()) {
      throw new PosthouseError('source_failed', `${path} is a folder: send it by sendFolder (posthouse send --folder)`)
    }
    if (!state.isFile()) throw new PosthouseError('source_failed', `${path} is no file`)
    return new FileSource(path, handle, { state, name: name ?? basename(resolve(path)) })
  } catch (error) {
    await handle.close()
    throw error
  }
}

class FileSource implements UploadSource {
  readonly name: string
  readonly size: number
  readonly identity: string
  readonly seekable = true
  readonly #path: string
  readonly #handle: FileHandle
  readonly #state: FileState

  constructor(path: string, handle: FileHandle, { state, name }: { readonly state: FileState; readonly name: string }) {
    this.#path = path
    this.#handle = handle
    this.#state = state
    this.name = name
    this.size = Number(state.size)
    this.identity = JSON.stringify([resolve(path), this.size, String(state.mtimeNs)])
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < end; ) {
      const wanted = Math.min(pieceBytes, end - at)
      const { bytesRead, buffer } = await this.#handle
        .read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at)
        .catch(failed(this.#path))
      if (bytesRead === 0) throw changed(this.#path, `it ends at ${at} of ${this.size} bytes`)
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  }

  async verify(): Promise<void> {
    const now = await stat(this.#path, { bigint: true }).catch(failed(this.#path))
    const { dev, ino, size, mtimeNs } = this.#state
    if (now.dev !== dev || now.ino !== ino) throw changed(this.#path, 'another file is in its place')
    if (now.size !== size) throw changed(this.#path, `it has ${now.size} bytes instead of ${size}`)
    if (now.mtimeNs !== mtimeNs) throw changed(this.#path, 'it was written to')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close()
  }
}

function changed(path: string, how: string): PosthouseError {
  return new PosthouseError('source_failed', `${path} changed while it was sent: ${how}`)
}

function failed(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new PosthouseError('source_failed', `${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

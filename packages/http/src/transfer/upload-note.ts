import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readFile, rm } from 'node:fs/promises'
import { fileError, unusable } from './file-error.ts'

const { O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants
const replacing = O_WRONLY | O_TRUNC | O_CREAT | O_NOFOLLOW

/** What an upload is known by. */
export interface UploadIdentity {
  /** Where it was begun. */
  readonly url: string
  /** That of the file, which changes with it. */
  readonly version: string
}

/** Remembers for a later run where an upload lies that has not come to its end. */
export class UploadNote {
  readonly #path: string
  readonly #identity: string

  constructor(path: string, { url, version }: UploadIdentity) {
    this.#path = path
    // A URL may have secrets in it, and notes stay on disks.
    this.#identity = createHash('sha256').update(`${url}\n${version}`).digest('hex')
  }

  /** Where the server has it; nothing where there is none of this file at this URL. @throws `file_unusable` */
  async known(): Promise<URL | undefined> {
    const there = await lstat(this.#path).catch(() => undefined)
    if (there === undefined) return undefined
    if (!there.isFile()) throw unusable(this.#path, 'it is no ordinary file; remove it')
    try {
      const { identity, upload } = JSON.parse(await readFile(this.#path, 'utf8'))
      return identity === this.#identity ? new URL(upload) : undefined
    } catch {
      return undefined
    }
  }

  /** For its owner alone: who knows the address of an upload can often write to it. @throws `file_unusable` */
  async remember(upload: URL): Promise<void> {
    try {
      await using file = await open(this.#path, replacing, 0o600)
      await file.writeFile(JSON.stringify({ identity: this.#identity, upload: upload.href }))
    } catch (cause) {
      throw fileError(this.#path, cause)
    }
  }

  async forget(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, type FileHandle, lstat, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { fileError, unusable } from './file-error.ts'

/** What is there of a download. */
export interface Known {
  readonly bytes: number
  readonly validator: string
}

// A link that somebody has put there must not lead our bytes elsewhere. Windows does not have the flag.
const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants
const appending = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW
const replacing = O_WRONLY | O_TRUNC | O_CREAT | O_NOFOLLOW

/** A file that is not complete yet, with a note beside it of what it is a part of. */
export class PartFile {
  readonly #path: string
  /** A URL may have secrets in it, and notes stay on disks. */
  readonly #source: string

  constructor(path: string, url: string) {
    this.#path = path
    this.#source = createHash('sha256').update(url).digest('hex')
  }

  /** Finds out now what would otherwise fail after the last byte. @throws `file_unusable` */
  async check(): Promise<void> {
    const path = this.#path
    if (typeof path !== 'string' || path === '') throw unusable(String(path), 'the path of the file must be a text')
    if (path.endsWith(sep) || path.endsWith('/')) throw unusable(path, 'it is a folder; name a file in it')
    await this.#checkFolder(dirname(path))
    const target = await found(stat(path))
    if (target?.isDirectory()) throw unusable(path, 'it is a folder; name a file in it')
    if (target !== undefined && !target.isFile()) throw unusable(path, 'it is no ordinary file')
    for (const own of [this.#part, this.#note]) {
      const there = await found(lstat(own))
      if (there !== undefined && !there.isFile()) throw unusable(own, 'it is no ordinary file; remove it')
    }
  }

  /** What an earlier download of the same URL left; nothing where that cannot be gone on with. */
  async known(): Promise<Known | undefined> {
    try {
      const { source, validator } = JSON.parse(await readFile(this.#note, 'utf8'))
      const { size: bytes } = await stat(this.#part)
      return source === this.#source && typeof validator === 'string' && bytes > 0 ? { bytes, validator } : undefined
    } catch {
      return undefined
    }
  }

  /** Appends to what is there. @throws `file_unusable` */
  open(): Promise<FileHandle> {
    return this.#trying(open(this.#part, appending))
  }

  /** Notes what the part is of, so that a later download can go on; without a validator none can. @throws `file_unusable` */
  async remember(validator: string | undefined): Promise<void> {
    if (validator === undefined) return this.#trying(rm(this.#note, { force: true }))
    await using note = await this.#trying(open(this.#note, replacing))
    await this.#trying(note.writeFile(JSON.stringify({ source: this.#source, validator })))
  }

  /** @throws `file_unusable` */
  async discard(): Promise<void> {
    await this.#trying(rm(this.#part, { force: true }))
    await this.#trying(rm(this.#note, { force: true }))
  }

  /** The part is the whole now. @throws `file_unusable` */
  async finish(): Promise<void> {
    await this.#trying(rename(this.#part, this.#path))
    await this.#trying(rm(this.#note, { force: true }))
  }

  get #part(): string {
    return `${this.#path}.part`
  }

  get #note(): string {
    return `${this.#path}.part.json`
  }

  async #checkFolder(folder: string): Promise<void> {
    const there = await found(stat(folder))
    if (there === undefined) throw unusable(this.#path, `the folder ${folder} does not exist; make it first`)
    if (!there.isDirectory()) throw unusable(this.#path, `${folder} is a file and no folder`)
    try {
      await access(folder, constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw unusable(this.#path, `nothing may be written into the folder ${folder}`, { cause })
    }
  }

  async #trying<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await work
    } catch (cause) {
      throw fileError(this.#path, cause)
    }
  }
}

/** Undefined where there is nothing. */
async function found<Value>(looking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await looking
  } catch {
    return undefined
  }
}

import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'

/** What is there of a download. */
export interface Known {
  readonly bytes: number
  readonly validator: string
}

/** A file that is not complete yet, with a note beside it of what it is a part of. */
export class PartFile {
  readonly #path: string
  /** A URL may have secrets in it, and notes stay on disks. */
  readonly #source: string

  constructor(path: string, url: string) {
    this.#path = path
    this.#source = createHash('sha256').update(url).digest('hex')
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

  /** Appends to what is there. */
  open(): Promise<FileHandle> {
    return open(this.#part, 'a')
  }

  /** Notes what the part is of, so that a later download can go on; without a validator none can. */
  async remember(validator: string | undefined): Promise<void> {
    if (validator === undefined) await rm(this.#note, { force: true })
    else await writeFile(this.#note, JSON.stringify({ source: this.#source, validator }))
  }

  async discard(): Promise<void> {
    await rm(this.#part, { force: true })
    await rm(this.#note, { force: true })
  }

  /** The part is the whole now. */
  async finish(): Promise<void> {
    await rename(this.#part, this.#path)
    await rm(this.#note, { force: true })
  }

  get #part(): string {
    return `${this.#path}.part`
  }

  get #note(): string {
    return `${this.#path}.part.json`
  }
}

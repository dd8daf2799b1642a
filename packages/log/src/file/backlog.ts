import type { Clock, Timer } from '@posthouse/core'
import type { AppendFile } from './append-file.ts'

/** What a backlog needs of a file sink. */
export interface BacklogSettings {
  readonly path: string
  readonly encoding: BufferEncoding
  readonly clock: Clock
  readonly onTrouble: (text: string, error?: unknown) => void
  readonly lossLine: (lost: number, error: unknown) => string
}

/** Lines that wait together. */
interface Held {
  readonly text: string
  readonly records: number
}

/** Characters that wait for a file that cannot be written; what comes then is counted and lost. */
const mostHeld = 1_048_576
const retryMs = 250

/** Keeps what a full disk does not take, within a bound, and tells in the file what is missing when it does again. */
export class Backlog {
  readonly #file: AppendFile
  readonly #settings: BacklogSettings
  #error: unknown
  #failing = false
  /** The rest of a line of which the beginning is in the file already. */
  #rest: Buffer = Buffer.alloc(0)
  #held: Held[] = []
  #heldLength = 0
  #lost = 0
  #tried = 0
  #retry: Timer | undefined

  constructor(file: AppendFile, settings: BacklogSettings) {
    this.#file = file
    this.#settings = settings
  }

  get holds(): boolean {
    return this.#failing
  }

  /** Runs what writes; where it fails, `text` is kept for later, unless a part of it is in the file. */
  attempt(task: () => void, text = '', records = 0): void {
    try {
      task()
    } catch (error) {
      this.#fail(error)
      if (this.#rest.length === 0 && text !== '') this.#keep(text, records)
    }
  }

  /** Writes the rest of a line. @throws Error of the system; then it is kept. */
  finish(rest: Buffer): void {
    this.#rest = rest
    while (this.#rest.length > 0) this.#rest = this.#file.appendBytes(this.#rest)
  }

  /** Keeps a text, or writes it behind all that waits where that works again. */
  add(text: string, records: number): void {
    this.#keep(text, records)
    if (performance.now() - this.#tried >= retryMs) this.resume()
  }

  /** Tries whether the file takes what waits. */
  resume(): void {
    if (!this.#failing) return
    this.#tried = performance.now()
    try {
      if (this.#file.isOpen) this.#file.lookNow()
      else this.#file.open()
      this.finish(this.#rest)
      while (this.#held.length > 0) this.#writeFirst()
      if (this.#lost > 0) this.#writeLoss()
      this.#recovered()
    } catch (error) {
      this.#error = error
      this.#later()
    }
  }

  /** The last attempt. What is lost then can only be told elsewhere. */
  close(): void {
    this.resume()
    this.#retry?.[Symbol.dispose]()
    const lost = this.#held.reduce((sum, { records }) => sum + records, this.#lost)
    if (this.#failing && lost > 0)
      this.#settings.onTrouble(`${lost} lines for ${this.#settings.path} were lost`, this.#error)
    this.#failing = false
    this.#held = []
  }

  #writeFirst(): void {
    const [{ text } = { text: '' }] = this.#held
    const bytes = Buffer.from(text, this.#settings.encoding)
    const left = this.#file.appendBytes(bytes)
    // From here on it is in the file, at least in part.
    this.#held.shift()
    this.#heldLength -= text.length
    this.finish(left)
  }

  #writeLoss(): void {
    const lost = this.#lost
    this.#lost = 0
    this.finish(Buffer.from(this.#settings.lossLine(lost, this.#error), this.#settings.encoding))
  }

  #keep(text: string, records: number): void {
    if (this.#heldLength + text.length > mostHeld) this.#lost += records
    else {
      this.#held.push({ text, records })
      this.#heldLength += text.length
    }
  }

  #fail(error: unknown): void {
    this.#error = error
    if (this.#failing) return
    this.#failing = true
    this.#tried = performance.now()
    this.#settings.onTrouble(`${this.#settings.path} cannot be written; up to 1 MB waits, then lines are lost`, error)
    this.#later()
  }

  #later(): void {
    this.#retry?.[Symbol.dispose]()
    this.#retry = this.#settings.clock.after(1000, () => this.resume()).unref()
  }

  #recovered(): void {
    this.#failing = false
    this.#error = undefined
    this.#retry?.[Symbol.dispose]()
    this.#settings.onTrouble(`${this.#settings.path} is written again`)
  }
}

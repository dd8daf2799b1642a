import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** How a file is written. */
export interface AppendOptions {
  readonly path: string
  readonly encoding: BufferEncoding
  /** Permissions of a new file. */
  readonly mode: number
  /** Milliseconds that only grow. Default: those of the machine, because they are shared with other processes. */
  readonly elapsed?: () => number
}

/** How often it is looked whether the path still is the file that is written to. */
const lookMs = 50
/**
 * What was rotated is left alone for so long. Whoever has written within that time of his last look has written before it
 * was packed; whoever has stood still for longer has to find out whether his line came too late.
 */
export const graceMs = 500

/**
 * The open file behind a path, to which whole lines are appended, one system call for each. Other processes may do the
 * same, and may rotate it: it follows the path.
 */
export class AppendFile {
  readonly #options: AppendOptions
  readonly #elapsed: () => number
  #descriptor = -1
  #inode = 0
  #device = 0
  #regular = true
  #bytes = 0
  #began = 0
  #looked = Number.NEGATIVE_INFINITY

  /** Opens nothing yet. */
  constructor(options: AppendOptions) {
    this.#options = options
    this.#elapsed = options.elapsed ?? (() => performance.now())
  }

  get isOpen(): boolean {
    return this.#descriptor >= 0
  }

  /** Only such a file can be renamed; a terminal or `/dev/null` cannot. */
  get isRegular(): boolean {
    return this.#regular
  }

  /** Its size, as far as is known: of what others write, at the last look. */
  get bytes(): number {
    return this.#bytes
  }

  /** When it was begun, in Unix milliseconds. */
  get began(): number {
    return this.#began
  }

  set began(ms: number) {
    this.#began = ms
  }

  /** @throws Error of the system */
  open(): void {
    const { path, mode } = this.#options
    mkdirSync(dirname(path), { recursive: true })
    const descriptor = openSync(path, 'a', mode)
    const stats = fstatSync(descriptor)
    this.close()
    this.#descriptor = descriptor
    this.#inode = stats.ino
    this.#device = stats.dev
    this.#bytes = stats.size
    this.#regular = stats.isFile()
    // A file that was copied is born later than it was written.
    this.#began = Math.min(stats.birthtimeMs || stats.mtimeMs, stats.mtimeMs)
    this.#looked = this.#elapsed()
  }

  /** Follows the path where it is another file by now, and says whether it is. @throws Error of the system */
  look(): boolean {
    return this.#elapsed() - this.#looked >= lookMs && this.lookNow()
  }

  /** The same without waiting for its time. @throws Error of the system */
  lookNow(): boolean {
    const stats = statSync(this.#options.path, { throwIfNoEntry: false })
    if (stats?.ino !== this.#inode || stats.dev !== this.#device) {
      this.open()
      return true
    }
    this.#bytes = stats.size
    this.#looked = this.#elapsed()
    return false
  }

  /**
   * Appends whole lines of `length` bytes; what was not written is the answer.
   * @throws Error of the system, where nothing was written
   */
  append(text: string, length: number): Buffer | undefined {
    const { encoding } = this.#options
    const written = writeSync(this.#descriptor, text, null, encoding)
    this.#bytes += written
    if (written !== length) return Buffer.from(text, encoding).subarray(written)
    return this.#isLeftBehind() ? Buffer.from(text, encoding) : undefined
  }

  /** What was just written went into a file that is removed. Then once more, because twice is better than never. */
  #isLeftBehind(): boolean {
    if (this.#elapsed() - this.#looked <= graceMs || fstatSync(this.#descriptor).nlink > 0) return false
    this.lookNow()
    return true
  }

  /** Appends bytes; those that were not written are the answer. @throws Error of the system, where nothing was written */
  appendBytes(bytes: Buffer): Buffer {
    const written = writeSync(this.#descriptor, bytes)
    this.#bytes += written
    return bytes.subarray(written)
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }
}

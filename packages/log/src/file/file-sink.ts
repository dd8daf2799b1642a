import { renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Clock, Timer } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import { isLeaving } from '../leaving.ts'
import type { LogRecord } from '../record/log-record.ts'
import type { Sink } from '../sinks/sink.ts'
import { AppendFile } from './append-file.ts'
import { ArchiveNames, type Packing } from './archive-name.ts'
import { Backlog } from './backlog.ts'
import { takeLock } from './file-lock.ts'
import { archivesOf, Janitor } from './janitor.ts'
import type { RetentionRules } from './retention.ts'
import type { RotationRules } from './rotation.ts'

/** How a log file is kept. */
export interface FileSettings {
  readonly path: string
  readonly encoding: BufferEncoding
  readonly mode: number
  readonly rotation: RotationRules
  readonly retention: RetentionRules
  readonly packing: Packing | undefined
  /** Bytes that are gathered before they are written; 0 where each line is. */
  readonly bufferBytes: number
  readonly clock: Clock
  /** Told when something fails, and when it is over. */
  readonly onTrouble: (text: string, error?: unknown) => void
  /** The line that tells in the file itself how many lines it lacks. */
  readonly lossLine: (lost: number, error: unknown) => string
}

/** Errors are not gathered: what comes after them may be the end. */
const urgentSeverity = 40
const flushMs = 200
/** After a rotation that failed, the file just grows for so long. */
const rotateAgainMs = 10_000

/** Writes lines to a file, which is rotated, and goes on whatever happens to the disk. */
export class FileSink implements Sink {
  readonly #settings: FileSettings
  readonly #file: AppendFile
  readonly #names: ArchiveNames
  readonly #janitor: Janitor
  readonly #backlog: Backlog
  #gathered = ''
  #records = 0
  #flushing: Timer | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #rotateFrom = Number.NEGATIVE_INFINITY

  /** @throws PosthouseError `invalid_option` where the path cannot be rotated; Error of the system */
  constructor(settings: FileSettings) {
    const { path, packing, retention, clock, onTrouble } = settings
    this.#settings = settings
    this.#file = new AppendFile(settings)
    this.#names = new ArchiveNames(path)
    this.#backlog = new Backlog(this.#file, settings)
    const onError = (error: unknown): void =>
      onTrouble(`what was rotated from ${path} could not be put in order`, error)
    this.#janitor = new Janitor({ path, names: this.#names, packing, retention, clock, onError })
    this.#open()
    this.#janitor.wake()
  }

  write(text: string, { time, severity }: Pick<LogRecord, 'time' | 'severity'>): void {
    if (time >= this.#dueAt || time < this.#file.began) this.#timePassed(time)
    if (this.#settings.bufferBytes === 0) this.#put(text, 1)
    else this.#gather(text, severity)
  }

  #gather(text: string, severity: number): void {
    this.#gathered += text
    this.#records++
    if (this.#gathered.length >= this.#settings.bufferBytes || severity >= urgentSeverity || isLeaving()) this.flush()
    else this.#flushing ??= this.#settings.clock.after(flushMs, () => this.flush()).unref()
  }

  flush(): void {
    this.#flushing?.[Symbol.dispose]()
    this.#flushing = undefined
    const [text, records] = [this.#gathered, this.#records]
    this.#gathered = ''
    this.#records = 0
    if (text !== '') this.#put(text, records)
  }

  reopen(): void {
    this.flush()
    this.#backlog.attempt(() => this.#open())
  }

  async drain(): Promise<void> {
    this.flush()
    this.#backlog.resume()
    await this.#janitor.drain()
  }

  close(): void {
    this.flush()
    this.#backlog.close()
    this.#janitor.close()
    this.#file.close()
  }

  #open(): void {
    const { path, rotation } = this.#settings
    this.#file.open()
    this.#dueAt = rotation.dueAt(this.#file.began)
    const rotates = rotation.mostBytes !== Number.POSITIVE_INFINITY || this.#dueAt !== Number.POSITIVE_INFINITY
    if ((rotates || rotation.decide !== undefined) && !this.#file.isRegular) {
      this.#file.close()
      throw refusal('a sink with rotation', 'an ordinary file', path)
    }
  }

  #put(text: string, records: number): void {
    if (this.#backlog.holds) {
      this.#backlog.add(text, records)
      return
    }
    const length = Buffer.byteLength(text, this.#settings.encoding)
    this.#backlog.attempt(
      () => {
        this.#follow()
        if (this.#isDue(text, length)) this.#rotate(this.#settings.clock.now())
        const rest = this.#file.append(text, length)
        if (rest !== undefined) this.#backlog.finish(rest)
      },
      text,
      records,
    )
  }

  #follow(): void {
    if (!this.#file.isOpen) this.#open()
    else if (this.#file.look()) this.#dueAt = this.#settings.rotation.dueAt(this.#file.began)
  }

  #isDue(text: string, length: number): boolean {
    const { bytes } = this.#file
    return bytes > 0 && (bytes + length > this.#settings.rotation.mostBytes || this.#decide(text, bytes))
  }

  #decide(text: string, bytes: number): boolean {
    try {
      return this.#settings.rotation.decide?.(text, bytes) === true
    } catch (error) {
      this.#settings.onTrouble('a function that decides on rotation failed', error)
      return false
    }
  }

  /** The hour of a rotation has come, or the clock was set back behind the beginning of the file. */
  #timePassed(now: number): void {
    this.flush()
    if (now >= this.#dueAt && !this.#backlog.holds) this.#backlog.attempt(() => this.#rotate(now))
    else this.#begin(now)
  }

  #begin(now: number): void {
    this.#file.began = now
    this.#dueAt = this.#settings.rotation.dueAt(now)
  }

  /** One process at a time. Who comes second finds another file under the path, and writes on in that. */
  #rotate(now: number): void {
    if (performance.now() < this.#rotateFrom) return
    const { path, onTrouble } = this.#settings
    try {
      using lock = takeLock(join(this.#names.folder, `.${basename(path)}.lock`))
      if (lock === undefined) return
      const another = this.#file.lookNow()
      if (another) this.#dueAt = this.#settings.rotation.dueAt(this.#file.began)
      if (another && now < this.#dueAt) return
      if (this.#file.bytes > 0) {
        renameSync(path, join(this.#names.folder, this.#names.next(now, archivesOf(this.#names))))
        this.#file.open()
      }
      this.#begin(now)
    } catch (error) {
      if (!this.#file.isOpen) throw error
      this.#rotateFrom = performance.now() + rotateAgainMs
      onTrouble(`${path} could not be rotated and grows on`, error)
      return
    }
    this.#janitor.wake()
  }
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { type Logger, reasonOf } from '@posthouse/core'
import type { CheckpointReport, CheckpointRequest } from './checkpoint-worker.ts'
import { pageBytes } from './open-database.ts'

/**
 * The write-ahead log is copied into the database when it has grown to this. Short, because writing over an old part of
 * the file is cheaper than making it longer …
 */
const startBytes = 4 << 20
/** … but up to this when much is written, so that a page that is written often is copied seldom. */
const busyBytes = 32 << 20
/** When so little is left, commits wait until that is copied, too: they would go on making the log longer. */
const restBytes = 2 << 20
/** Above this they wait for whatever there is. */
const mostBytes = 96 << 20
/** Rounds of the worker before it waits for the log to grow again. */
const maxRounds = 6

/** What a checkpointer works on. */
export interface CheckpointerOptions {
  readonly path: string
  /** Its connection to that file. */
  readonly database: DatabaseSync
  readonly logger: Logger
  /** Told each time when writing begins to wait, with what it waits for. */
  readonly onPause?: ((pause: Promise<void>) => void) | undefined
}

/**
 * Keeps the write-ahead log short. A worker thread copies it into the database, most of it while this one goes on
 * writing; when little is left, writing waits for the worker, and then begins the log anew. This thread never waits for
 * the disk because of that: what is delivered need not be written.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  readonly #passive: StatementSync
  readonly #truncate: StatementSync
  /** Begun when there is something to copy, which in a quiet hub is never. */
  #worker: Worker | undefined
  /** About how long the write-ahead log is now. */
  #bytes = 0
  #startAt = startBytes
  /** How long it was when the worker was asked. */
  #askedAt = 0
  #rounds = 0
  /** What writing waits for, while the worker copies the rest. */
  #pause: PromiseWithResolvers<void> | undefined
  #closed = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#passive = options.database.prepare('pragma wal_checkpoint(passive)')
    this.#truncate = options.database.prepare('pragma wal_checkpoint(truncate)')
  }

  /** Resolves when writing may go on; nothing while it may. */
  get pause(): Promise<void> | undefined {
    return this.#pause?.promise
  }

  /** So many bytes were written to the database in one transaction. */
  wrote(bytes: number): void {
    this.#bytes += Math.ceil(bytes / pageBytes) * pageBytes
    // Even where the worker gets no time of the processor.
    if (this.#bytes > 2 * mostBytes) this.#finish()
    if (this.#bytes < this.#startAt || this.#rounds > 0) return
    this.#askedAt = this.#bytes
    this.#ask()
  }

  /** Copies whatever there is, here and now, and gives back what the log takes; not while somebody else is at it. */
  shorten(): void {
    try {
      if (this.#truncate.get()?.busy === 0) this.#begun()
    } catch (error) {
      this.#failed(reasonOf(error))
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#closed = true
    this.#release()
    if (worker === undefined) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    const request: CheckpointRequest = 'close'
    worker.ref()
    worker.postMessage(request)
    await exited
  }

  #ask(): void {
    // What the worker did last is told while it ends.
    if (this.#closed) return
    this.#rounds++
    this.#worker ??= this.#begin()
    const request: CheckpointRequest = 'checkpoint'
    this.#worker.postMessage(request)
  }

  #begin(): Worker {
    // Unbuilt, the neighbour is TypeScript; built, it is not.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), {
      workerData: this.#options.path,
    })
    worker.on('message', (report: CheckpointReport) => this.#reported(report))
    worker.on('error', (error) => {
      this.#worker = undefined
      this.#failed(error.message)
    })
    // Not before: whoever listens to it has it keep the process alive.
    worker.unref()
    return worker
  }

  #reported(report: CheckpointReport): void {
    if ('failure' in report) {
      this.#failed(report.failure)
      return
    }
    if (this.#pause !== undefined) {
      this.#finished(report.log === report.copied)
      return
    }
    const left = Math.max(this.#bytes, report.log * pageBytes) - report.copied * pageBytes
    if (left <= restBytes || this.#bytes > mostBytes) this.#hold()
    else if (this.#rounds < maxRounds) this.#ask()
    else this.#wait()
  }

  /** Has writing wait while the worker copies the rest. */
  #hold(): void {
    if (this.#closed) return
    this.#pause = Promise.withResolvers()
    this.#ask()
    // A program that waits for a commit has something to do.
    this.#worker?.ref()
    this.#options.onPause?.(this.#pause.promise)
  }

  #release(): void {
    this.#worker?.unref()
    this.#pause?.resolve()
    this.#pause = undefined
  }

  #finish(): void {
    const row = this.#passive.get()
    this.#finished(row?.log === row?.checkpointed)
  }

  #finished(whole: boolean): void {
    this.#release()
    if (whole) {
      const meanwhile = this.#bytes - this.#askedAt
      this.#startAt = Math.min(Math.max(startBytes, 4 * meanwhile), busyBytes)
      this.#begun()
    } else this.#wait()
  }

  /** The next write begins the log anew. */
  #begun(): void {
    this.#bytes = 0
    this.#rounds = 0
  }

  /** Somebody reads an old state of the database, or the disk is slow: later again. */
  #wait(): void {
    this.#startAt = this.#bytes + startBytes
    this.#rounds = 0
  }

  #failed(reason: string): void {
    this.#release()
    this.#options.logger.warn('the write-ahead log could not be copied into the database', { reason })
    this.#wait()
  }
}

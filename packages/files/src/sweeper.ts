import { type BlobStore, type Clock, type Logger, type SweepOutcome, sweepBlobs, type Timer } from '@posthouse/core'
import type { FileLimits } from './file-limits.ts'
import type { Usage } from './usage.ts'

/** What clients of hubs have put there. What else lies in a bucket is somebody else's. */
const prefix = 'cross_comm/'
/** From one sweep to the next, in milliseconds. */
const everyMs = 3_600_000

/** What a sweeper needs. */
export interface SweeperOptions {
  readonly store: BlobStore
  readonly usage: Usage
  readonly limits: Pick<FileLimits, 'keepMs' | 'uploadMs'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Removes once an hour what has had its time. */
export class Sweeper implements AsyncDisposable {
  readonly #options: SweeperOptions
  readonly #ending = new AbortController()
  #timer: Timer
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: SweeperOptions) {
    this.#options = options
    this.#timer = this.#schedule()
  }

  /** Removes what is too old now. */
  async sweep(signal: AbortSignal = this.#ending.signal): Promise<SweepOutcome> {
    const { store, usage, limits, clock } = this.#options
    const now = clock.now()
    const outcome = await sweepBlobs(store, {
      prefix,
      uploadsBefore: now - limits.uploadMs,
      filesBefore: now - limits.keepMs,
      signal: AbortSignal.any([signal, this.#ending.signal]),
    })
    if (outcome.files + outcome.uploads > 0) usage.forget()
    return outcome
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]()
    this.#ending.abort()
    await this.#running
  }

  #schedule(): Timer {
    const { clock } = this.#options
    return clock
      .after(everyMs, () => {
        this.#running = this.#round()
        this.#timer = this.#schedule()
      })
      .unref()
  }

  async #round(): Promise<void> {
    const { logger } = this.#options
    try {
      const { uploads, files } = await this.sweep()
      if (uploads + files > 0) logger.info('removed files that had their time', { uploads, files })
    } catch (error) {
      if (!this.#ending.signal.aborted) logger.warn('files could not be swept', { error })
    }
  }
}

import { type Logger, PosthouseError, reasonOf } from '@posthouse/core'

/** How much may be done in the background. */
export interface BackgroundOptions {
  /** Tasks that run at the same time. Default: 16. */
  readonly concurrency?: number
  /** Tasks that wait for their turn; above that `background` throws. Default: 1,000. */
  readonly waiting?: number
}

/** Runs after the response; its signal is aborted when the app cannot wait any longer. */
export type BackgroundTask = (signal: AbortSignal) => unknown

/** Tasks that outlive their request, so many at a time. */
export class Background {
  readonly #log: Logger
  readonly #concurrency: number
  readonly #limit: number
  readonly #waiting: BackgroundTask[] = []
  readonly #abort = new AbortController()
  #running = 0
  #onIdle: (() => void)[] = []

  constructor(log: Logger, { concurrency = 16, waiting = 1000 }: BackgroundOptions = {}) {
    this.#log = log
    this.#concurrency = concurrency
    this.#limit = waiting
  }

  /** Runs `task` soon. @throws PosthouseError `overflow` when too many wait */
  add(task: BackgroundTask): void {
    if (this.#waiting.length >= this.#limit) {
      throw new PosthouseError('overflow', `${this.#limit} background tasks wait already; this one was not taken`)
    }
    this.#waiting.push(task)
    // Not before the handler has returned, whose response comes first.
    setImmediate(() => this.#next())
  }

  /** Resolves when no task runs or waits. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** Tells running tasks that nobody waits for them any more, and forgets those that wait. */
  abort(): void {
    this.#waiting.length = 0
    this.#abort.abort()
    this.#settle()
  }

  #next(): void {
    if (this.#running >= this.#concurrency) return
    const task = this.#waiting.shift()
    if (task === undefined) return
    this.#running++
    void this.#run(task)
  }

  async #run(task: BackgroundTask): Promise<void> {
    try {
      await task(this.#abort.signal)
    } catch (error) {
      this.#log.error('A background task failed', { error: reasonOf(error) })
    } finally {
      this.#running--
      this.#next()
      this.#settle()
    }
  }

  #settle(): void {
    if (this.#running > 0 || this.#waiting.length > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}

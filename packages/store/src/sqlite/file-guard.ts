import { statSync } from 'node:fs'
import { type Clock, type Logger, PosthouseError, reasonOf } from '@posthouse/core'

/** The file is looked for at most this often, in milliseconds. */
const lookMs = 1000

/** Notices that the file of an open database was removed or replaced: SQLite goes on writing to it, and all of that is lost. */
export class FileGuard {
  readonly #path: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #identity: string | undefined
  #lookedAt: number
  #lost = false

  constructor({ path, clock, logger }: { readonly path: string; readonly clock: Clock; readonly logger: Logger }) {
    this.#path = path
    this.#clock = clock
    this.#logger = logger
    this.#identity = identityOf(path)
    this.#lookedAt = clock.elapsed()
  }

  /** @throws PosthouseError `store_failed` where the file is not there any more, as far as it was looked for */
  check(): void {
    const now = this.#clock.elapsed()
    if (now - this.#lookedAt >= lookMs) {
      this.#lookedAt = now
      this.#look()
    }
    if (this.#lost) throw new PosthouseError('store_failed', lossOf(this.#path))
  }

  #look(): void {
    const lost = this.#isLost()
    if (lost === this.#lost) return
    this.#lost = lost
    if (lost) this.#logger.error(lossOf(this.#path), { path: this.#path })
    else this.#logger.info('the database is back where it was, and is written again', { path: this.#path })
  }

  #isLost(): boolean {
    try {
      return identityOf(this.#path) !== this.#identity
    } catch (error) {
      throw new PosthouseError('store_failed', `${this.#path} cannot be looked for: ${reasonOf(error)}`, {
        cause: error,
      })
    }
  }
}

/** Undefined where there is no such file. */
function identityOf(path: string): string | undefined {
  // The numbers of some file systems are too large for a double.
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev} ${stats.ino}`
}

function lossOf(path: string): string {
  return `${path} was removed or replaced while it was in use, and nothing more is stored: put it back or restart the hub`
}

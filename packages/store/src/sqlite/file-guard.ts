import { statSync } from 'node:fs'
import { type Logger, PosthouseError, reasonOf, silentLogger } from '@posthouse/core'

/**
 * Notices that the file of an open database was removed or replaced: SQLite goes on writing to it, and all of that is lost.
 * To look takes less than a microsecond, so it is done for each commit.
 */
export class FileGuard {
  readonly #path: string
  readonly #logger: Logger
  readonly #identity: string | undefined
  #lost = false

  /** @param logger told of the loss, once. Default: nobody is. */
  constructor({ path, logger = silentLogger }: { readonly path: string; readonly logger?: Logger }) {
    this.#path = path
    this.#logger = logger
    this.#identity = identityOf(path)
  }

  /** @throws PosthouseError `store_failed` where the file is not there any more */
  check(): void {
    this.#look()
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

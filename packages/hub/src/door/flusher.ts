import type { Logger } from '@posthouse/core'

/** Something with output that waits for the end of the tick. */
export interface Flushable {
  flush(): void
}

/** Writes what a tick has gathered at its end, once for each connection: the system call is what costs. */
export class Flusher {
  readonly #logger: Logger
  readonly #onFlushed: () => void
  #waiting = new Set<Flushable>()
  #immediate: NodeJS.Immediate | undefined

  /** @param onFlushed called when everything has been flushed */
  constructor(logger: Logger, onFlushed: () => void) {
    this.#logger = logger
    this.#onFlushed = onFlushed
  }

  /** Has `target` flushed at the end of this tick. */
  add(target: Flushable): void {
    this.#waiting.add(target)
    this.#immediate ??= setImmediate(() => this.flush())
  }

  /** Flushes now. */
  flush(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const target of waiting) {
      try {
        target.flush()
      } catch (error) {
        // What goes wrong for one connection does not concern the others.
        this.#logger.error('a connection could not be written to', { error })
      }
    }
    this.#onFlushed()
  }
}

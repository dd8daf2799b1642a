/** Something with output that waits for the end of the tick. */
export interface Flushable {
  flush(): void
}

/** Writes what a tick has gathered at its end, once for each connection: the system call is what costs. */
export class Flusher {
  #waiting = new Set<Flushable>()
  #immediate: NodeJS.Immediate | undefined

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
    for (const target of waiting) target.flush()
  }
}

/** A worker as far as who gets the next message is concerned. */
export interface Candidate {
  /** Messages that it has and has not processed. */
  readonly busy: number
  /** True while it may be given one more. */
  readonly ready: boolean
}

/** The workers that may be given a message. Of those that have least to do, the one that has waited longest comes first. */
export class FreeWorkers<Worker extends Candidate> {
  /** By how busy they are; each in the order in which they became so. */
  readonly #levels: Set<Worker>[] = []
  readonly #levelOf = new Map<Worker, Set<Worker>>()

  /** Puts a worker where it belongs now: behind those that are as busy. */
  place(worker: Worker): void {
    this.remove(worker)
    if (!worker.ready) return
    while (this.#levels.length <= worker.busy) this.#levels.push(new Set())
    const level = this.#levels[worker.busy]
    if (level === undefined) return
    level.add(worker)
    this.#levelOf.set(worker, level)
  }

  remove(worker: Worker): void {
    this.#levelOf.get(worker)?.delete(worker)
    this.#levelOf.delete(worker)
  }

  /** The worker whose turn it is. */
  next(): Worker | undefined {
    for (const level of this.#levels) {
      for (const worker of level) {
        if (worker.ready) return worker
        // Its window has closed meanwhile. It is placed again when that opens.
        this.remove(worker)
      }
    }
    return undefined
  }
}

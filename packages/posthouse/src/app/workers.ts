import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { aborted, onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'

/** A worker that ends sooner than this after it began to listen was not able to work. */
const soonMs = 2000
/** Workers that may end like that, one behind the other, before all is given up. */
const mostFailures = 3

/** Keeps so many processes of this command serving one port until Ctrl-C or SIGTERM; says whether they could. */
export async function runWorkers(terminal: Terminal, count: number): Promise<boolean> {
  using interrupt = onInterrupt()
  const crew = new Crew(terminal)
  for (let n = 0; n < count; n++) crew.start()
  await Promise.race([aborted(interrupt.signal), crew.gaveUp])
  await crew.stop()
  return interrupt.signal.aborted
}

class Crew {
  readonly #terminal: Terminal
  readonly #workers = new Set<Worker>()
  readonly #gaveUp = Promise.withResolvers<void>()
  #failures = 0
  #stopping = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Resolves when workers end as soon as they begin. */
  get gaveUp(): Promise<void> {
    return this.#gaveUp.promise
  }

  start(): void {
    const worker = cluster.fork()
    let from = Number.POSITIVE_INFINITY
    // How long it takes to come so far depends on the app and the machine.
    worker.once('listening', () => {
      from = performance.now()
    })
    this.#workers.add(worker)
    worker.once('exit', (code, signal) => {
      this.#workers.delete(worker)
      if (this.#stopping) return
      this.#failures = performance.now() - from < soonMs ? this.#failures + 1 : 0
      this.#terminal.note(`a worker has ended with ${signal ?? code}`)
      if (this.#failures < mostFailures) this.start()
      else this.#gaveUp.resolve()
    })
  }

  /** Lets each finish what it has begun. */
  async stop(): Promise<void> {
    this.#stopping = true
    const gone = [...this.#workers].map(async (worker) => {
      const exit = once(worker, 'exit')
      worker.process.kill('SIGTERM')
      await exit
    })
    await Promise.all(gone)
  }
}

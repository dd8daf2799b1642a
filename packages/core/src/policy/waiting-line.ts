import type { Clock } from '../clock.ts'
import { abortedBy } from './abort.ts'
import type { Execution } from './policy.ts'

/** Settings of `WaitingLine`. */
export interface WaitingLineOptions {
  readonly clock: Clock
  /** Told when somebody left whose turn did not come. */
  readonly onLeave?: () => void
}

/** Executions that wait for their turn, first come, first served. Each keeps the deadline that it came with. */
export class WaitingLine {
  readonly #options: WaitingLineOptions
  readonly #waiting = new Set<() => void>()

  constructor(options: WaitingLineOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.size
  }

  /**
   * Resolves with true when it is one's turn, with false when that did not come in time.
   * @throws PosthouseError why the execution was aborted
   */
  wait(execution: Execution, maxWaitMs: number): Promise<boolean> {
    const { clock, onLeave } = this.#options
    const { signal, deadline = Number.POSITIVE_INFINITY } = execution
    const waitMs = Math.min(maxWaitMs, Math.max(0, deadline - clock.elapsed()))
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortedBy(signal))
      const letGo = (): void => {
        this.#waiting.delete(go)
        signal.removeEventListener('abort', abort)
        timer?.[Symbol.dispose]()
      }
      const go = (): void => {
        letGo()
        resolve(true)
      }
      const leave = (): void => {
        letGo()
        resolve(false)
        onLeave?.()
      }
      const abort = (): void => {
        reject(abortedBy(signal))
        leave()
      }
      const timer = Number.isFinite(waitMs) ? clock.after(waitMs, leave) : undefined
      signal.addEventListener('abort', abort)
      this.#waiting.add(go)
    })
  }

  /** Lets the first one go on, and says whether there was one. */
  next(): boolean {
    for (const go of this.#waiting) {
      go()
      return true
    }
    return false
  }
}

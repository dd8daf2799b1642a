import type { LogRecord } from '../record/log-record.ts'
import type { Sink } from './sink.ts'

/**
 * Takes each line, as the format made it, with its line break, and the record that it was made of. A promise that it
 * returns is waited for by `drain`. What it logs before it returns does not come back to it; what it logs later does, so
 * an async function has to leave such lines out.
 */
export type SinkFunction = (line: string, record: LogRecord) => unknown

/** Promises that are not settled yet. A function that is slower than its lines would fill memory otherwise. */
const mostPending = 10_000

/** Hands lines to a function. What that throws, or logs itself, does no harm. */
export class FunctionSink implements Sink {
  readonly #take: SinkFunction
  readonly #onTrouble: (text: string, error?: unknown) => void
  readonly #pending = new Set<Promise<void>>()
  #inside = false
  #lost = 0
  #failing = false

  constructor(take: SinkFunction, onTrouble: (text: string, error?: unknown) => void) {
    this.#take = take
    this.#onTrouble = onTrouble
  }

  write(text: string, record: LogRecord): void {
    // What it logs itself would come back to it for ever.
    if (this.#inside) return
    if (this.#pending.size < mostPending) this.#hand(text, record)
    else this.#lost++
  }

  #hand(text: string, record: LogRecord): void {
    this.#inside = true
    try {
      const result = this.#take(text, record)
      if (isThenable(result)) this.#follow(Promise.resolve(result))
      else this.#failing = false
    } catch (error) {
      this.#complain(error)
    } finally {
      this.#inside = false
    }
  }

  flush(): void {
    // Lines are not gathered here.
  }

  async drain(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  close(): void {
    // A function has no end.
  }

  #follow(result: Promise<unknown>): void {
    const settled: Promise<void> = result.then(
      () => {
        this.#settle(settled)
        this.#failing = false
      },
      (error: unknown) => {
        this.#settle(settled)
        this.#complain(error)
      },
    )
    this.#pending.add(settled)
  }

  #settle(settled: Promise<void>): void {
    this.#pending.delete(settled)
    if (this.#lost === 0 || this.#pending.size > mostPending / 2) return
    this.#onTrouble(`${this.#lost} lines for a function were lost, because it is slower than they come`)
    this.#lost = 0
  }

  /** Once until it works again: it may fail for every line. */
  #complain(error: unknown): void {
    if (!this.#failing) this.#onTrouble('a function that takes lines failed', error)
    this.#failing = true
  }
}

/** Promises of other libraries are none of ours, and fail as well. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

import { type CallStore, PosthouseError } from '@posthouse/core'
import { goOn, type Invoke, isItems } from '../procedure/invoke.ts'
import type { Places } from '../procedure/places.ts'
import { type Answer, success } from './answer.ts'
import { keptOf } from './kept.ts'
import type { KnownLimits } from './limits.ts'
import type { RunningCall } from './running-call.ts'

/** What work is done with. */
export interface WorkOptions {
  readonly store: CallStore
  readonly invoke: Invoke
  readonly places: Places
  readonly limits: KnownLimits
}

/** Runs handlers: as many of each at a time as it wants, and with a note before those that must not run twice. */
export class Work {
  readonly #options: WorkOptions

  constructor(options: WorkOptions) {
    this.#options = options
  }

  /**
   * At once where nothing is to be waited for.
   * @throws PosthouseError `too_many_calls`, and whatever ended it before its handler did; and what its handler throws
   */
  answer(run: RunningCall): Answer | Promise<Answer> {
    // Most procedures want no places, and do not pay for them.
    if (run.entry.procedure.options.concurrency === undefined) return this.#handle(run)
    return this.#options.places.run(
      run.entry,
      () => run.signal,
      () => this.#handle(run),
    )
  }

  #handle(run: RunningCall): Answer | Promise<Answer> {
    const { store } = this.#options
    if (run.aborted !== undefined) throw run.aborted
    run.begun = true
    // Behind this note nobody can be sure any more that it was not carried out.
    const noted = store.lasting && run.remembered && run.entry.procedure.options.idempotent !== true
    return noted ? goOn(store.put(keptOf(run)), () => this.#invoke(run)) : this.#invoke(run)
  }

  #invoke(run: RunningCall): Answer | Promise<Answer> {
    return goOn(this.#options.invoke(run.entry, run.call.data, run), (result) => {
      if (!isItems(result)) return success(result)
      return run.line === undefined ? this.#list(run, result) : sendItems(run, result)
    })
  }

  /** All items at once, for a caller who does not take them one by one. */
  async #list(run: RunningCall, items: AsyncIterable<unknown>): Promise<Answer> {
    const { listItems, listBytes } = this.#options.limits
    const list: unknown[] = []
    let bytes = 0
    for await (const item of items) {
      if (run.aborted !== undefined) throw run.aborted
      list.push(item)
      bytes += (JSON.stringify(item) ?? '').length
      if (list.length > listItems || bytes > listBytes) {
        const most = `${listItems} items or ${listBytes} bytes`
        const message = `${run.procedure} answers more than a list may have (${most}): take its items one by one`
        throw new PosthouseError('call_failed', message)
      }
    }
    return success(list)
  }
}

async function sendItems(run: RunningCall, items: AsyncIterable<unknown>): Promise<Answer> {
  const { line, signal } = run
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      await line?.room(signal)
      const next = await iterator.next()
      if (run.aborted !== undefined) throw run.aborted
      if (next.done) return success(next.value, line?.made)
      line?.push(next.value)
    }
  } finally {
    // Not awaited: a generator that waits itself would first finish that.
    iterator.return?.().then(undefined, () => undefined)
  }
}

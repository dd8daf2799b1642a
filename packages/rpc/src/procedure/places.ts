import { isPosthouseError, PosthouseError } from '@posthouse/core'
import { type AnyPolicy, bulkhead } from '@posthouse/core/policy'
import type { Entry } from './registry.ts'

/** Calls that may wait for a place where a procedure does not say how many. */
const usualQueue = 100

/** Lets as many handlers of a procedure run at a time as it wants, whichever door their calls came by. */
export class Places {
  readonly #policies = new WeakMap<Entry, AnyPolicy>()

  /** @throws PosthouseError `too_many_calls` at once where too many wait, and the signal's reason */
  run<Result>(entry: Entry, signal: () => AbortSignal, task: () => Result): Result | Promise<Awaited<Result>> {
    const { concurrency } = entry.procedure.options
    // Most procedures want no places, and do not pay for them.
    return concurrency === undefined ? task() : this.#wait(entry, concurrency, signal, task)
  }

  async #wait<Result>(
    entry: Entry,
    limit: number,
    signal: () => AbortSignal,
    task: () => Result,
  ): Promise<Awaited<Result>> {
    let inside = false
    const enter = async (): Promise<Awaited<Result>> => {
      inside = true
      return await task()
    }
    try {
      return await this.#policyOf(entry, limit)(enter, { signal: signal(), attempt: 1 })
    } catch (error) {
      if (inside || !isPosthouseError(error) || error.code !== 'bulkhead_full') throw error
      throw new PosthouseError('too_many_calls', `${entry.name} is busy: ${error.message}`, { cause: error })
    }
  }

  #policyOf(entry: Entry, limit: number): AnyPolicy {
    const known = this.#policies.get(entry)
    if (known !== undefined) return known
    const policy = bulkhead({ limit, queue: entry.procedure.options.queue ?? usualQueue })
    this.#policies.set(entry, policy)
    return policy
  }
}

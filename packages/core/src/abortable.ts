import { abortedBy } from './policy/abort.ts'

/**
 * The same items until `signal` aborts, also while the next one is waited for: then it throws `aborted`, or the signal's reason
 * where that is an error of ours.
 */
export async function* abortable<Item>(items: AsyncIterable<Item>, signal?: AbortSignal): AsyncGenerator<Item> {
  if (!signal) return yield* items
  const iterator = items[Symbol.asyncIterator]()
  let giveUp: (reason: Error) => void = () => undefined
  const abort = (): void => giveUp(abortedBy(signal))
  signal.addEventListener('abort', abort)
  try {
    for (;;) {
      if (signal.aborted) throw abortedBy(signal)
      // No race with a promise that lasts: that would hold every item until it is settled.
      const next = await new Promise<IteratorResult<Item>>((resolve, reject) => {
        giveUp = reject
        iterator.next().then(resolve, reject)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a generator that waits itself would first finish that.
    iterator.return?.().then(undefined, () => undefined)
  }
}

import { abortedBy } from './policy/abort.ts'

/**
 * The same items until `signal` aborts, also while the next one is waited for: then it throws `aborted`, or the signal's reason
 * where that is an error of ours.
 */
export async function* abortable<Item>(items: AsyncIterable<Item>, signal?: AbortSignal): AsyncGenerator<Item> {
  if (!signal) return yield* items
  const iterator = items[Symbol.asyncIterator]()
  const gone = Promise.withResolvers<never>()
  // It may abort when nobody waits.
  gone.promise.catch(() => undefined)
  const abort = (): void => gone.reject(abortedBy(signal))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      const next = await Promise.race([gone.promise, iterator.next()])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a generator that waits itself would first finish that.
    iterator.return?.().then(undefined, () => undefined)
  }
}

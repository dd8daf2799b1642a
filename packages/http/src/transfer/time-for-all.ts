import { type Clock, PosthouseError } from '@posthouse/core'
import type { RequestOptions } from '../client/request-options.ts'
import { namedTimeouts } from '../timing/timeouts.ts'

/** A signal for all requests that a file takes. Dispose ends its timer. */
export interface TimeForAll extends Disposable {
  readonly signal: AbortSignal | undefined
}

/** Aborts with the caller, and with `total_timeout` when the time is over that these options name for the whole. */
export function timeForAll(
  { timeout = {}, signal }: Pick<RequestOptions, 'timeout' | 'signal'>,
  clock: Clock,
): TimeForAll {
  const { total = Number.POSITIVE_INFINITY } = namedTimeouts(timeout)
  if (total === Number.POSITIVE_INFINITY) return { signal, [Symbol.dispose]: () => undefined }
  const over = new AbortController()
  const timer = clock.after(total, () => {
    over.abort(new PosthouseError('total_timeout', `the file took longer than ${total} ms`))
  })
  return {
    signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  }
}

import type { Clock } from '@posthouse/core'
import { problem } from '../problem/problem.ts'

/** Waits for a handler, for `ms` milliseconds at most; then calls `giveUp` and rejects with a `Problem` 503. */
export async function inTime<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  giveUp: (reason: Error) => void,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  using _timer = clock.after(ms, () => {
    const reason = problem(503, `The server did not finish within ${ms} ms`, { code: 'timeout' })
    giveUp(reason)
    late.reject(reason)
  })
  return await Promise.race([work, late.promise])
}

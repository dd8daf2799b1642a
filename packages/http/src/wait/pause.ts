import type { Clock } from '@posthouse/core'

/** Waits `ms` milliseconds; rejects with the reason of `signal` when that comes first. */
export async function pause(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<void>()
  const onAbort = (): void => resolve()
  signal?.addEventListener('abort', onAbort, { once: true })
  using _ = clock.after(ms, resolve)
  await promise
  signal?.removeEventListener('abort', onAbort)
  signal?.throwIfAborted()
}

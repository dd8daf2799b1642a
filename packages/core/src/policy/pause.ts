import type { Clock } from '../clock.ts'
import { abortedBy } from './abort.ts'

/**
 * Resolves after `ms` milliseconds.
 * @throws PosthouseError why the signal has aborted, at once when it does
 */
export function pause(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedBy(signal))
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    const abort = (): void => {
      timer[Symbol.dispose]()
      if (signal) reject(abortedBy(signal))
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

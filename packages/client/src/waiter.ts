import { PosthouseError } from '@posthouse/core'

/** A promise that its owner settles, unless the caller's signal does so first. It lets go of the signal when settled. */
export interface Waiter<Value> {
  readonly promise: Promise<Value>
  resolve(value: Value): void
  reject(error: PosthouseError): void
}

/**
 * @param aborted told when the signal has rejected the promise.
 * @throws PosthouseError `aborted` where the signal has spoken before
 */
export function createWaiter<Value>(signal?: AbortSignal, aborted?: () => void): Waiter<Value> {
  const waiter = Promise.withResolvers<Value>()
  if (signal === undefined) return waiter
  assertNotAborted(signal)
  const { promise, resolve, reject } = waiter
  const release = (): void => signal.removeEventListener('abort', abort)
  const abort = (): void => {
    release()
    reject(abortedBy(signal))
    aborted?.()
  }
  signal.addEventListener('abort', abort)
  return {
    promise,
    resolve: (value) => {
      release()
      resolve(value)
    },
    reject: (error) => {
      release()
      reject(error)
    },
  }
}

/** @throws PosthouseError `aborted` */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal)
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}

import { PosthouseError } from '@posthouse/core'

/** A promise that its owner settles, unless the caller's signal does so first. It lets go of the signal when settled. */
export class Waiter<Value> {
  readonly promise: Promise<Value>
  readonly #resolve: (value: Value) => void
  readonly #reject: (error: PosthouseError) => void
  readonly #signal: AbortSignal | undefined
  readonly #abort: () => void

  /**
   * @param aborted told when the signal has rejected the promise.
   * @throws PosthouseError `aborted` where the signal has spoken before
   */
  constructor(signal?: AbortSignal, aborted?: () => void) {
    assertNotAborted(signal)
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    this.#abort = () => {
      this.reject(abortedBy(signal))
      aborted?.()
    }
    signal?.addEventListener('abort', this.#abort)
  }

  resolve(value: Value): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#resolve(value)
  }

  reject(error: PosthouseError): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#reject(error)
  }
}

/** @throws PosthouseError `aborted` */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal)
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}

import { PosthouseError } from '@posthouse/core'

/** A promise that its owner settles, unless the caller's signal does so first. It lets go of the signal when settled. */
export class Waiter<Value> {
  readonly promise: Promise<Value>
  readonly #resolve: (value: Value) => void
  readonly #reject: (error: PosthouseError) => void
  #release: (() => void) | undefined

  /**
   * @param aborted told when the signal has rejected the promise.
   * @throws PosthouseError `aborted` where the signal has spoken before
   */
  constructor(signal?: AbortSignal, aborted?: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
    if (signal !== undefined) this.#obey(signal, aborted)
  }

  resolve(value: Value): void {
    this.#release?.()
    this.#resolve(value)
  }

  reject(error: PosthouseError): void {
    this.#release?.()
    this.#reject(error)
  }

  #obey(signal: AbortSignal, aborted?: () => void): void {
    assertNotAborted(signal)
    const abort = (): void => {
      this.reject(abortedBy(signal))
      aborted?.()
    }
    this.#release = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)
  }
}

/** @throws PosthouseError `aborted` */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal)
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}

import { type Clock, PosthouseError } from '@posthouse/core'
import type { Lock, Locker } from '@tus/utils'

/** How long a new attempt waits for the one before it to end, in milliseconds. */
const patienceMs = 10_000

/** One request that works on an upload. */
interface Attempt {
  readonly ending: AbortController
  readonly over: PromiseWithResolvers<void>
}

/** Which request works on which upload. One that comes ends the one before it: a client that comes back knows better. */
export class Attempts implements Locker {
  readonly #clock: Clock
  readonly #running = new Map<string, Attempt>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  newLock(key: string): Lock {
    return { lock: (signal) => this.#begin(key, signal), unlock: async () => this.#end(key) }
  }

  /** Aborts when the request that works on this upload is to end. */
  signalOf(key: string): AbortSignal | undefined {
    return this.#running.get(key)?.ending.signal
  }

  /** @throws PosthouseError `upload_busy` */
  async #begin(key: string, signal: AbortSignal): Promise<void> {
    const tooLong = Promise.withResolvers<void>()
    using _timer = this.#clock.after(patienceMs, () => tooLong.reject(busy(key)))
    const gaveUp = (): void => tooLong.reject(busy(key))
    signal.addEventListener('abort', gaveUp, { once: true })
    try {
      for (let other = this.#running.get(key); other !== undefined; other = this.#running.get(key)) {
        other.ending.abort(new PosthouseError('aborted', `another request goes on with ${key}`))
        await Promise.race([other.over.promise, tooLong.promise])
      }
      this.#running.set(key, { ending: new AbortController(), over: Promise.withResolvers() })
    } finally {
      signal.removeEventListener('abort', gaveUp)
      tooLong.promise.catch(() => undefined)
    }
  }

  #end(key: string): void {
    const attempt = this.#running.get(key)
    this.#running.delete(key)
    attempt?.over.resolve()
  }
}

function busy(key: string): PosthouseError {
  return new PosthouseError('upload_busy', `another request writes to ${key} and does not end`)
}

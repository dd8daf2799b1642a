import { type Clock, PosthouseError } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'

/** Clients and channels that the hub looks at for the questions of one asker. A question may look at all that are known. */
const looksAllowed = { perSecond: 100_000, burst: 200_000 }

/**
 * Holds one asker's questions about who or what is there to a rate of their own: the answer to forty bytes may take as long
 * as thousands of messages, also where the asker may see nobody. Spec: 6.7.6.
 */
export class QuestionRate {
  readonly #clock: Clock
  // Made with the first question: most connections ask none.
  #looks: TokenBucket | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a question to a hub that knows so many clients; gives an error where it must not be answered. */
  ask(known: number): PosthouseError | undefined {
    this.#looks ??= new TokenBucket({ ...looksAllowed, clock: this.#clock })
    // One that costs more than what is left is answered all the same: there may be more clients than any burst.
    const waitMs = this.#looks.waitMs(0)
    if (waitMs > 0) return new PosthouseError('rate_limited', `too much was asked of the hub; wait ${waitMs} ms`)
    this.#looks.spend(known)
    return undefined
  }

  /** Counts what had to be looked at for a question, where that is known behind it only. */
  spend(looks: number): void {
    this.#looks?.spend(looks)
  }
}

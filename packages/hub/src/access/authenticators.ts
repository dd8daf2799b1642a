import { isPosthouseError, PosthouseError } from '@posthouse/core'
import type { Authenticate, Authenticator, LoginAttempt, Principal } from './principal.ts'

/** Who finds out who clients are: one way, or several in turn. */
export type Authentication = Authenticate | Authenticator | readonly (Authenticate | Authenticator)[]

/**
 * Makes one authenticator of what an option says; nothing where it says nothing.
 * @throws PosthouseError `invalid_option` where the list is empty: nobody could ever log in
 */
export function oneAuthenticator(given: Authentication | undefined): Authenticator | undefined {
  if (given === undefined) return undefined
  const all = [given].flat().map((each) => (typeof each === 'function' ? { authenticate: each } : each))
  const [first] = all
  if (first === undefined)
    throw new PosthouseError('invalid_option', 'authenticate is an empty list: name a way to log in')
  return all.length === 1 ? first : new InTurn(all)
}

/** Asks several authenticators. The first that does not say `unauthenticated` decides. Spec: 10.1. */
class InTurn implements Authenticator {
  readonly #all: readonly Authenticator[]
  /** Who has let a principal in, and is asked about it from then on. */
  readonly #owners = new WeakMap<Principal, Authenticator>()

  constructor(all: readonly Authenticator[]) {
    this.#all = all
  }

  readonly authenticate = async (attempt: LoginAttempt): Promise<Principal> => {
    let refusal: unknown
    for (const authenticator of this.#all) {
      try {
        return this.#owned(await authenticator.authenticate(attempt), authenticator)
      } catch (error) {
        if (!isPosthouseError(error) || error.code !== 'unauthenticated') throw error
        refusal = error
      }
    }
    throw refusal
  }

  current(principal: Principal): Principal | undefined {
    const owner = this.#owners.get(principal)
    if (owner?.current === undefined) return owner && principal
    const now = owner.current(principal)
    return now && this.#owned(now, owner)
  }

  onChange(listener: (problem?: PosthouseError) => void): Disposable {
    const subscriptions = new DisposableStack()
    for (const authenticator of this.#all) subscriptions.use(authenticator.onChange?.(listener))
    return subscriptions
  }

  #owned(principal: Principal, owner: Authenticator): Principal {
    // What is no object is for the gate to refuse.
    if (typeof principal === 'object' && principal !== null) this.#owners.set(principal, owner)
    return principal
  }
}

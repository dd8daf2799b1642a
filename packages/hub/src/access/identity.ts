import { canonicalAddress } from '@posthouse/core'
import { Access } from './access.ts'
import type { Operation } from './permission.ts'
import type { LoginAttempt } from './principal.ts'

/** What somebody shows who comes by another way than a connection, such as an HTTP request. */
export interface IdentityAttempt extends Pick<LoginAttempt, 'token' | 'remoteAddress' | 'signal'> {
  /** The client on whose behalf it comes; the token must be for it. Default: for none, and the token's own name counts. */
  readonly client?: string
}

/** Who somebody is, and what it may do: at the moment in which that is asked, also where it has changed meanwhile. */
export interface Identity {
  /** The name of the principal; nothing where this hub asks nobody who they are, and everybody may do everything. */
  readonly name: string | undefined
  /**
   * Whether it may do this to an address.
   * @throws PosthouseError `invalid_address`
   */
  may(operation: Operation, address: string): boolean
  /**
   * Whether it may call this method at an address.
   * @throws PosthouseError `invalid_address`
   */
  mayCall(address: string, method: string): boolean
  /** False once its token has expired or was taken back: then it may do nothing. */
  holds(): boolean
}

/** The identity of a principal with this name and access. */
export function identityOf(name: string | undefined, access: () => Access): Identity {
  return {
    name,
    may: (operation, address) => access().may(operation, canonicalAddress(address)),
    mayCall: (address, method) => access().mayCall(canonicalAddress(address), method),
    holds: () => access() !== Access.nothing,
  }
}

import { hash } from 'node:crypto'
import { PosthouseError, randomHex } from '@posthouse/core'
import type { Caller } from './caller.ts'

/** What a caller presents at a door. */
export interface Credentials {
  readonly token?: string | undefined
  /** IP address of the peer, without port. */
  readonly remoteAddress: string
  /** Aborts when the caller has gone. */
  readonly signal?: AbortSignal | undefined
}

/** Who a caller is, and what it may do. */
export interface Identity {
  /** Nothing for an anonymous caller. */
  readonly name?: string | undefined
  may(permission: string): boolean
  /** False once the token has expired or was taken back, where that is known at once. Default: it is found out each half a minute. */
  holds?(): boolean
}

/**
 * Tells who calls.
 * @throws PosthouseError `unauthenticated`, `forbidden` and others: the caller is told the code and the message
 */
export type Identify = (credentials: Credentials) => Identity | Promise<Identity>

/** Everybody, without a name. */
const anybody: Identity = { may: () => true }

/** Secrets whose callers are remembered, so that they are not hashed anew for each call. */
const mostKnown = 1000
const secretForm = /^[\w-]{32,128}$/

/** Tells callers apart: by the name that a token proves, or by a secret that only the caller has. */
export class Callers {
  readonly #identify: Identify | undefined
  readonly #anonymous = new Map<string, Caller>()

  /** @param identify who callers are. Default: nobody is asked, and everybody may call everything. */
  constructor(identify?: Identify) {
    this.#identify = identify
  }

  /** @throws PosthouseError `invalid_field` for a secret that can be guessed; what `Identify` throws */
  of(credentials: Credentials, secret: string | undefined): Caller | Promise<Caller> {
    const anonymous = secret === undefined ? undefined : this.#anonymousOf(secret)
    if (this.#identify === undefined) return anonymous ?? callerOf(anybody, undefined)
    const identity = this.#identify(credentials)
    return identity instanceof Promise
      ? identity.then((known) => callerOf(known, anonymous))
      : callerOf(identity, anonymous)
  }

  /** Who has this secret, as far as nobody is asked. */
  #anonymousOf(secret: string): Caller {
    const known = this.#anonymous.get(secret)
    if (known !== undefined) return known
    if (!secretForm.test(secret)) {
      throw new PosthouseError('invalid_field', "a caller's secret has 32 to 128 letters, digits, _ or -")
    }
    if (this.#anonymous.size >= mostKnown) this.#anonymous.clear()
    const caller = { id: `anonymous:${hash('sha256', secret, 'base64url')}`, may: anybody.may }
    this.#anonymous.set(secret, caller)
    return caller
  }
}

/** A secret for a caller that has none. */
export function createCallerSecret(): string {
  return randomHex(16)
}

function callerOf(identity: Identity, anonymous: Caller | undefined): Caller {
  const { name } = identity
  const may = (permission: string): boolean => identity.may(permission)
  if (name !== undefined) return { id: `name:${name}`, name, may, holds: () => identity.holds?.() !== false }
  if (anonymous !== undefined) return { id: anonymous.id, may }
  return { id: `once:${randomHex(16)}`, fleeting: true, may }
}

import { PosthouseError } from '@posthouse/core'
import type { Dialect } from '@posthouse/protocol'
import type { Permission } from './permission.ts'

/** What a connection says about itself when it logs in. */
export interface LoginAttempt {
  /** The client id that it wants; empty for a request over HTTP that is made in no client's name. */
  readonly client: string
  /** From `hello`, an `Authorization: Bearer` header, or, for compatibility, `?token=`. */
  readonly token?: string
  readonly dialect: Dialect
  /** IP address of the peer, without port. */
  readonly remoteAddress: string
  /** Software and version, as the client names them. */
  readonly agent?: string
  /** Aborts when nobody waits for the answer any more: the connection is gone, or the time to say hello is over. */
  readonly signal: AbortSignal
}

/** Who a client proved to be, and what it may do. */
export interface Principal {
  /** For logs, and to tell one from another: never the token itself. */
  readonly name: string
  /** Default: every operation but `administer`, on every address. */
  readonly permissions?: readonly Permission[]
  /** The client ids, as patterns, that it may log in with; `['*']` for any. Default: its name only. */
  readonly clients?: readonly string[]
  /** Its connections are closed then, in Unix milliseconds. Default: never. */
  readonly expiresAt?: number
}

/**
 * Decides who a connection is. Spec: 10.1, 10.3.
 * @throws PosthouseError `unauthenticated`, `forbidden`, `token_expired`, `token_revoked`: the client is told the code
 * and the message. Whatever else is thrown is a failure of the authenticator: it is logged, and the client may try
 * again.
 */
export type Authenticate = (attempt: LoginAttempt) => Principal | Promise<Principal>

/** An authenticator that knows when its answers change. */
export interface Authenticator {
  readonly authenticate: Authenticate
  /** The principal as it is now; nothing where it was revoked. Asked on changes, for each connection. */
  current?(principal: Principal): Principal | undefined
  /** Has `listener` called after a change, until disposed of; with an error where a change could not be taken over. */
  onChange?(listener: (problem?: PosthouseError) => void): Disposable
}

/**
 * Checks the name of a principal that comes from outside.
 * @throws PosthouseError `invalid_option`
 */
export function readPrincipalName(name: unknown): string {
  if (typeof name === 'string' && /^\P{Cc}{1,256}$/u.test(name) && name.isWellFormed()) return name
  const rule = 'must be text of 1 to 256 characters, none of them a control character'
  throw new PosthouseError('invalid_option', `the name of a principal ${rule}`)
}

/**
 * The ids of a principal that is given none: its name, so that a token alone opens nobody else's inbox.
 * @throws PosthouseError `invalid_option` where the name would be read as a pattern
 */
export function ownIdOnly(name: string): readonly string[] {
  if (!name.includes('*')) return [name]
  throw new PosthouseError(
    'invalid_option',
    `${JSON.stringify(name)} has a *, so it cannot stand for one client id: name clients`,
  )
}

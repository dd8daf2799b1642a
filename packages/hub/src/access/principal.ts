import type { Dialect } from '@posthouse/protocol'
import type { Permission } from './permission.ts'

/** What a connection says about itself when it logs in. */
export interface LoginAttempt {
  /** The client id that it wants. */
  readonly client: string
  /** From `hello`, an `Authorization: Bearer` header, or, for compatibility, `?token=`. */
  readonly token?: string
  readonly dialect: Dialect
  /** IP address of the peer, without port. */
  readonly remoteAddress: string
  /** Software and version, as the client names them. */
  readonly agent?: string
}

/** Who a client proved to be, and what it may do. */
export interface Principal {
  /** For logs, and to tell one from another: never the token itself. */
  readonly name: string
  /** Default: every operation but `administer`, on every address. */
  readonly permissions?: readonly Permission[]
  /** The client ids, as patterns, that it may log in with. Default: any. */
  readonly clients?: readonly string[]
  /** Its connections are closed then, in Unix milliseconds. Default: never. */
  readonly expiresAt?: number
}

/**
 * Decides who a connection is.
 * @throws PosthouseError `unauthenticated`, `forbidden`; whatever else it throws refuses the connection, too
 */
export type Authenticate = (attempt: LoginAttempt) => Principal | Promise<Principal>

/** An authenticator that knows when its answers change. */
export interface Authenticator {
  readonly authenticate: Authenticate
  /** The principal as it is now; nothing where it was revoked. Asked on changes, for each connection. */
  current?(principal: Principal): Principal | undefined
  /** Has `listener` called after a change, until disposed of. */
  onChange?(listener: () => void): Disposable
}

import type { Authenticator, Permission, Principal } from '@posthouse/hub'
import { type RunningHub, startHub } from './start-hub.ts'

/** What each client may do, by id; those that are not named may do all that does not need an administrator. */
export type Permissions = Readonly<Record<string, readonly Permission[]>>

/** A hub where the test says what each client may do. */
export interface GuardedHub extends RunningHub {
  /** Gives a client, also one that is connected, other permissions. */
  permit(client: string, permissions: readonly Permission[]): void
}

/** Starts one on a free loopback port. Programs of either dialect come in under any id. */
export async function startGuardedHub(permissions: Permissions): Promise<GuardedHub> {
  const book = new PermissionBook(permissions)
  const rules = Object.entries(permissions).map(([client, permissions]) => ({ clients: [client], permissions }))
  const server = await startHub({ authenticate: book, legacyAllow: [...rules, { clients: ['*'] }] })
  return { ...server, permit: (client, permissions) => book.permit(client, permissions) }
}

/** Takes everyone at their word, and lets them do what is written down for them. */
class PermissionBook implements Authenticator {
  readonly #permissions: Map<string, readonly Permission[]>
  readonly #listeners = new Set<() => void>()

  constructor(permissions: Permissions) {
    this.#permissions = new Map(Object.entries(permissions))
  }

  authenticate({ client }: { readonly client: string }): Principal {
    const permissions = this.#permissions.get(client)
    return { name: client, ...(permissions && { permissions }) }
  }

  current(principal: Principal): Principal {
    const known = this.#permissions.get(principal.name) === principal.permissions
    return known ? principal : this.authenticate({ client: principal.name })
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  permit(client: string, permissions: readonly Permission[]): void {
    this.#permissions.set(client, permissions)
    for (const tell of this.#listeners) tell()
  }
}

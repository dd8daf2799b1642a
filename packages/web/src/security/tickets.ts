import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '@posthouse/core'
import type { Dependency } from '../dependencies/depends.ts'
import { apiKey } from './api-key.ts'

/** How long tickets hold, and how many. */
export interface TicketOptions {
  /** How long a ticket can be used, in ms. Default: 30,000. */
  readonly lifetime?: number
  /** Tickets that wait to be used; above that the oldest is forgotten. Default: 10,000. */
  readonly limit?: number
  /** The name in the query. Default: `ticket`. */
  readonly query?: string
  readonly clock?: Clock
}

interface Issued<User> {
  readonly user: User
  readonly until: number
}

/**
 * Tickets that let a client in once, soon. A browser cannot send a header with a WebSocket, and a token in a URL ends up in
 * logs: a page gets a ticket by a request that shows its token, and opens the socket with that.
 */
export class Tickets<User> {
  /** A dependency on who shows a ticket in the query. It is used up by that. */
  readonly holder: Dependency<User>
  readonly #issued = new Map<string, Issued<User>>()
  readonly #lifetime: number
  readonly #limit: number
  readonly #clock: Clock

  constructor({ lifetime = 30_000, limit = 10_000, query = 'ticket', clock = systemClock }: TicketOptions = {}) {
    this.#lifetime = lifetime
    this.#limit = limit
    this.#clock = clock
    this.holder = apiKey({ in: 'query', name: query, scheme: query }, (ticket) => this.redeem(ticket))
  }

  /** A ticket for this user. */
  issue(user: User): string {
    const [oldest] = this.#issued.keys()
    if (this.#issued.size >= this.#limit && oldest !== undefined) this.#issued.delete(oldest)
    const ticket = randomBytes(32).toString('base64url')
    this.#issued.set(ticket, { user, until: this.#clock.elapsed() + this.#lifetime })
    return ticket
  }

  /** Whose ticket it is, and makes it worthless; nothing for one that is unknown, used or too old. */
  redeem(ticket: string): User | undefined {
    const issued = this.#issued.get(ticket)
    this.#issued.delete(ticket)
    return issued !== undefined && this.#clock.elapsed() <= issued.until ? issued.user : undefined
  }
}

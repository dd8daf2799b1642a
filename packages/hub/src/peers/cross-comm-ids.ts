import { PosthouseError, toPosthouseError } from '@posthouse/core'
import { inboxStream } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import { type CrossCommCarrier, CrossCommLink } from './cross-comm-link.ts'
import { answer, type CrossCommVisit } from './cross-comm-visit.ts'
import { endSession } from './v1-sessions.ts'

/** The client ids that are logged in on one cross_comm connection. Spec: 9.3. */
export class CrossCommIds {
  readonly #visit: CrossCommVisit
  readonly #carrier: CrossCommCarrier
  readonly #links = new Map<string, CrossCommLink>()
  #admitted = false

  constructor(visit: CrossCommVisit, carrier: CrossCommCarrier) {
    this.#visit = visit
    this.#carrier = carrier
  }

  /** True once somebody on this connection was let in. */
  get admitted(): boolean {
    return this.#admitted
  }

  all(): Iterable<CrossCommLink> {
    return this.#links.values()
  }

  /**
   * What may be done under this id from here. Closes the connection where no rule lets it in: the dialect has no words
   * for a refusal. Spec: 9.9.2.
   */
  admit(client: string): Access | undefined {
    const { parts, remoteAddress, connection } = this.#visit
    try {
      const access = parts.gate.admitLegacy(client, remoteAddress)
      this.#admitted = true
      connection.trust()
      return access
    } catch (error) {
      this.refuse(toPosthouseError(error))
      return undefined
    }
  }

  /** Also of an id that this connection is not, or no longer, logged in with. */
  accessOf(client: string): Access {
    const { parts, remoteAddress } = this.#visit
    return this.#links.get(client)?.access ?? parts.gate.admitLegacy(client, remoteAddress)
  }

  login(client: string): void {
    const access = this.admit(client)
    if (access === undefined) return
    const { parts, connection } = this.#visit
    const { idsPerConnection } = parts.allowances
    if (!this.#links.has(client) && this.#links.size >= idsPerConnection) {
      this.refuse(tooManyIds(idsPerConnection))
      return
    }
    const link = this.#connect(parts.registry.known(client), access)
    answer(this.#visit, { to: client, type: 'login_response', content: '{"status": "success"}' })
    parts.tally.logins.add('cross_comm')
    connection.welcomed()
    parts.logger.info('client online', { client, remote: connection.remote, dialect: 'cross_comm' })
    this.#beginDelivery(link).catch((error: unknown) => {
      parts.logger.error('an inbox could not be opened', { client, error })
      connection.fail(toPosthouseError(error, 'store_failed'))
    })
  }

  logout(client: string): void {
    const link = this.#links.get(client)
    if (link === undefined) return
    this.#links.delete(client)
    const { registry, logger } = this.#visit.parts
    registry.disconnect(link.record, link)
    logger.info('client logged out', { client })
  }

  /** An id has gone to another connection, or may not be here any longer. */
  lose(link: CrossCommLink, error: PosthouseError): void {
    const { session, connection } = this.#visit
    const client = link.record.id
    if (this.#links.get(client) === link) this.#links.delete(client)
    session.lose(client)
    if (this.#links.size === 0 || error.code !== 'replaced') connection.fail(error)
  }

  /** Nobody is there any more. */
  close(code: number, reason: string): void {
    const { parts, connection } = this.#visit
    for (const [client, link] of this.#links) {
      parts.registry.disconnect(link.record, link)
      parts.logger.info('connection closed', { client, remote: connection.remote, code, reason })
    }
    this.#links.clear()
  }

  /** Closes the connection, because somebody may not log in on it. */
  refuse(error: PosthouseError): void {
    this.warn('a cross_comm login is refused', error)
    this.#visit.connection.fail(error)
  }

  /** Logs it with the first of the ids that share this connection, and how many they are. */
  warn(message: string, { code, message: reason }: PosthouseError): void {
    const [client] = this.#links.keys()
    const { parts, connection } = this.#visit
    parts.logger.warn(message, { client, ids: this.#links.size, remote: connection.remote, code, reason })
  }

  #connect(record: ClientRecord, access: Access): CrossCommLink {
    const { parts } = this.#visit
    endSession(record, parts)
    const link = new CrossCommLink(record, this.#carrier, parts)
    link.access = access
    const previous = parts.registry.connect(record, link)
    record.turn = parts.gate.nextTurn()
    // The same program logging in again on its own connection replaces nobody.
    if (previous !== this.#links.get(record.id)) {
      previous?.fail(new PosthouseError('replaced', `${record.id} has connected again`))
    }
    this.#links.set(record.id, link)
    return link
  }

  async #beginDelivery(link: CrossCommLink): Promise<void> {
    const { record } = link
    const { batcher, groups, largeGroups } = this.#visit.parts
    if (groups.of(record.id).size > 0) await largeGroups.copy(record)
    const { position } = await batcher.inspect(record.id)
    if (record.link !== link) return
    link.start(position.seq)
    record.noted?.clear()
    record.feeds.attach(link, { [inboxStream]: position })
  }
}

function tooManyIds(most: number): PosthouseError {
  const message = `more than ${most} client ids are logged in on one connection`
  return new PosthouseError('too_many_ids', message)
}

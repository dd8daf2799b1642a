import { PosthouseError, toPosthouseError } from '@posthouse/core'
import {
  type CrossCommAction,
  type CrossCommFields,
  type CrossCommFrame,
  CrossCommHubSession,
  crossCommId,
  decodeCrossComm,
  encodeCrossComm,
  maxCrossCommBytes,
} from '@posthouse/protocol/cross-comm'
import type { Access } from '../access/access.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Connection } from '../door/connection.ts'
import type { HubParts } from '../hub-parts.ts'
import { QuestionRate } from '../limits/question-rate.ts'
import { ReadPace } from '../limits/read-pace.ts'
import { measured } from '../routing/encoded.ts'
import { crossCommEnvelope } from './cross-comm-envelope.ts'
import { type CrossCommCarrier, CrossCommLink } from './cross-comm-link.ts'
import { fittingList } from './cross-comm-listing.ts'
import type { Peer } from './peer.ts'
import { PongConfirmation } from './pong-confirmation.ts'
import { endSession } from './v1-sessions.ts'

/** The originals ping each other at least this often; peers may rely on it. */
const longestPingMs = 20_000

/** One connection of a program that speaks the cross_comm dialect. */
export class CrossCommPeer implements Peer, CrossCommCarrier {
  readonly connection: Connection
  readonly #parts: HubParts
  readonly #remoteAddress: string
  readonly #since: number
  readonly #session = new CrossCommHubSession()
  readonly #links = new Map<string, CrossCommLink>()
  readonly #confirmation: PongConfirmation
  readonly #pace: ReadPace
  readonly #questions: QuestionRate
  #heardAt: number
  #lastSeen: number
  /** Silent for too long: its ids count as offline. */
  #absent = false
  /** Somebody on this connection was let in. */
  #admitted = false
  /** Messages that the hub has not stored or refused yet. */
  #underWay = 0

  constructor(parts: HubParts, connection: Connection, remoteAddress: string) {
    this.#parts = parts
    this.connection = connection
    this.#remoteAddress = remoteAddress
    this.#since = parts.clock.elapsed()
    this.#heardAt = this.#since
    this.#lastSeen = parts.clock.now()
    this.#confirmation = new PongConfirmation({ clock: parts.clock, connection, links: () => this.#links.values() })
    this.#pace = new ReadPace({ ...parts, connection, onSlowed: () => this.#slowed() })
    this.#questions = new QuestionRate(parts.clock)
    connection.use({
      message: (data) => this.message(data),
      ping: () => this.#onPing(),
      pong: (payload) => this.#pong(payload),
      overflowed: (error) => this.#warn('a client reads too slowly', error),
      close: (code, reason) => this.#closed(code, reason),
    })
  }

  get lastSeen(): number {
    return this.#lastSeen
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes
  }

  /** Takes one WebSocket message; the first one may have been read before this peer was made. */
  message(data: Uint8Array): void {
    this.#heard()
    this.#pace.read(data.byteLength)
    try {
      if (data.byteLength > maxCrossCommBytes) {
        this.connection.close(1009, `a message has ${data.byteLength} bytes; at most ${maxCrossCommBytes} are allowed`)
        return
      }
      const frame = decodeCrossComm(data)
      this.#parts.tally.framesReceived++
      if (frame.type === 'heartbeat') this.#confirmation.heartbeat()
      for (const action of this.#session.receive(frame)) this.#act(action)
    } catch (error) {
      this.#drop(toPosthouseError(error))
    }
  }

  delivered(): void {
    this.#confirmation.delivered()
  }

  lost(link: CrossCommLink, error: PosthouseError): void {
    const client = link.record.id
    if (this.#links.get(client) === link) this.#links.delete(client)
    this.#session.lose(client)
    if (this.#links.size === 0 || error.code !== 'replaced') this.connection.fail(error)
  }

  check(now: number): void {
    if (this.#pace.paused) this.#heardAt = now
    const silentMs = now - this.#heardAt
    const { crossCommTimeoutMs, heartbeatMs, helloMs } = this.#parts.timing
    if (this.#parts.gate.guardedLegacy && !this.#admitted && now - this.#since > helloMs) {
      this.connection.fail(new PosthouseError('hello_timeout', `no login came within ${helloMs} ms`))
      return
    }
    if (silentMs > crossCommTimeoutMs * 2) {
      this.connection.close(1011, `nothing was heard for ${Math.round(silentMs)} ms`)
      return
    }
    if (silentMs > crossCommTimeoutMs) {
      this.#absent = true
      for (const link of this.#links.values()) this.#parts.registry.setPresent(link.record, link, false)
    }
    this.#confirmation.keepAlive(now, Math.min(longestPingMs, heartbeatMs))
  }

  leave(): void {
    this.connection.close(1001, 'the hub is shutting down')
  }

  terminate(): void {
    this.connection.terminate()
  }

  #act(action: CrossCommAction): void {
    switch (action.do) {
      case 'login':
        this.#login(action.client)
        break
      case 'logout':
        this.#logout(action.client)
        break
      case 'list':
        this.#list(action.asker, action.onlyOnline)
        break
      case 'publish':
        this.#publish(action.client, action.frame)
        break
      case 'publishUnbound':
        this.#publishUnbound(action.client, action.frame)
        break
      case 'drop':
        this.#drop(action.error)
        break
      case 'close':
        this.#refuseLogin(action.error)
        break
    }
  }

  /**
   * What may be done under this id from here. Closes the connection where no rule lets it in: the dialect has no words
   * for a refusal. Spec: 9.9.2.
   */
  #admit(client: string): Access | undefined {
    try {
      const access = this.#parts.gate.admitLegacy(client, this.#remoteAddress)
      this.#admitted = true
      this.connection.trust()
      return access
    } catch (error) {
      this.#refuseLogin(toPosthouseError(error))
      return undefined
    }
  }

  #login(client: string): void {
    const access = this.#admit(client)
    if (access === undefined) return
    const { registry, presence, logger, allowances } = this.#parts
    if (!this.#links.has(client) && this.#links.size >= allowances.idsPerConnection) {
      this.#refuseLogin(tooManyIds(allowances.idsPerConnection))
      return
    }
    const record = registry.known(client)
    endSession(record, presence)
    const link = new CrossCommLink(record, this, this.#parts)
    link.access = access
    const previous = registry.connect(record, link)
    record.turn = this.#parts.gate.nextTurn()
    // The same program logging in again on its own connection replaces nobody.
    if (previous !== this.#links.get(client))
      previous?.fail(new PosthouseError('replaced', `${client} has connected again`))
    this.#links.set(client, link)
    this.#write({ to: client, type: 'login_response', content: '{"status": "success"}' })
    this.#parts.tally.logins.add('cross_comm')
    this.connection.welcomed()
    logger.info('client online', { client, remote: this.connection.remote, dialect: 'cross_comm' })
    this.#beginDelivery(record, link).catch((error: unknown) => {
      logger.error('an inbox could not be opened', { client, error })
      this.connection.fail(toPosthouseError(error, 'store_failed'))
    })
  }

  #refuseLogin(error: PosthouseError): void {
    this.#warn('a cross_comm login is refused', error)
    this.connection.fail(error)
  }

  async #beginDelivery(record: ClientRecord, link: CrossCommLink): Promise<void> {
    const { position } = await this.#parts.store.inspect(record.id)
    if (record.link !== link) return
    link.start(position.seq)
    record.pump.attach(link, position.seq)
  }

  #logout(client: string): void {
    const link = this.#links.get(client)
    if (link === undefined) return
    this.#links.delete(client)
    this.#parts.registry.disconnect(link.record, link)
    this.#parts.logger.info('client logged out', { client })
  }

  #list(asker: string, onlyOnline: boolean): void {
    if (this.#admit(asker) === undefined) return
    const error = this.#questions.ask(this.#parts.registry.size)
    if (error !== undefined) {
      this.#drop(error)
      return
    }
    this.#parts.tally.listAnswers++
    const clients = this.#parts.presence
      .list(onlyOnline, this.#accessOf(asker))
      .map(({ client, online, lastSeen, since }) => {
        const loginAt = since ?? this.#parts.registry.get(client)?.loginAt ?? lastSeen
        return { client, online, lastSeen, since: loginAt }
      })
    const { content, listed } = fittingList(clients, onlyOnline)
    if (listed < clients.length) {
      this.#parts.logger.warn('a list of clients was cut to fit a cross_comm frame', { of: clients.length, to: listed })
    }
    this.#write({ to: asker, type: 'list_clients_response', content })
  }

  #publish(client: string, frame: CrossCommFrame): void {
    try {
      const envelope = crossCommEnvelope(frame, client, this.#parts.clock.now())
      this.#accessOf(client).assertMay('send', envelope.to)
      const record = this.#parts.registry.get(client)
      if (record !== undefined) record.received++
      this.#began()
      this.#parts.router.store({ envelope }, (outcome) => {
        this.#settled()
        if (outcome.state === 'refused') this.#drop(outcome.error, frame)
      })
    } catch (error) {
      this.#drop(toPosthouseError(error), frame)
    }
  }

  /** Also of an id that this connection is not, or no longer, logged in with. */
  #accessOf(client: string): Access {
    return this.#links.get(client)?.access ?? this.#parts.gate.admitLegacy(client, this.#remoteAddress)
  }

  /** The dialect has no window: a program that sends faster than the hub can store is not read for a while. */
  #began(): void {
    this.#underWay++
    if (this.#underWay === this.#parts.limits.inFlight) this.#pace.hold()
  }

  #settled(): void {
    this.#underWay--
    if (this.#underWay === Math.floor(this.#parts.limits.inFlight / 2)) this.#pace.release()
  }

  #publishUnbound(client: string, frame: CrossCommFrame): void {
    if (this.#admit(client) === undefined) return
    if (this.#parts.registry.get(client)?.link === undefined) {
      this.#publish(client, frame)
      return
    }
    const message = `this connection is not logged in as ${client}, who is connected elsewhere`
    this.connection.fail(new PosthouseError('forbidden', message))
  }

  #write(fields: Pick<CrossCommFields, 'to' | 'type'> & { readonly content: string }): void {
    const now = this.#parts.clock.now()
    const frame = encodeCrossComm({ ...fields, id: crossCommId(this.#parts.node, now), from: 'server', ts: now })
    this.connection.send(measured(frame))
  }

  #onPing(): void {
    this.#heard()
    this.#pace.read(0)
  }

  #slowed(): void {
    const error = new PosthouseError('rate_limited', 'more came than the hub takes from one connection per second')
    this.#warn('a cross_comm program is read more slowly', error)
  }

  /** Names the first of the ids that share this connection, and how many they are. */
  #warn(message: string, { code, message: reason }: PosthouseError): void {
    const [client] = this.#links.keys()
    const { remote } = this.connection
    this.#parts.logger.warn(message, { client, ids: this.#links.size, remote, code, reason })
  }

  #pong(payload: Uint8Array): void {
    this.#heard()
    this.#confirmation.pong(payload)
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock.elapsed()
    this.#lastSeen = this.#parts.clock.now()
    // One connection may hold many ids, and each of its frames comes through here.
    if (!this.#absent) return
    this.#absent = false
    for (const link of this.#links.values()) {
      if (link.record.present) continue
      this.#parts.registry.setPresent(link.record, link, true)
      link.record.pump.wake()
    }
  }

  #drop(error: PosthouseError, frame?: CrossCommFrame): void {
    this.#parts.tally.refused.add(error.code)
    const about = frame && { id: frame.id, to: frame.to, type: frame.type }
    const { code, message } = error
    this.#parts.logger.warn('a cross_comm message was dropped', {
      ...about,
      code,
      reason: message,
      remote: this.connection.remote,
    })
  }

  #closed(code: number, reason: string): void {
    for (const [client, link] of this.#links) {
      this.#parts.registry.disconnect(link.record, link)
      this.#parts.logger.info('connection closed', { client, remote: this.connection.remote, code, reason })
    }
    this.#links.clear()
    this.#pace[Symbol.dispose]()
  }
}

function tooManyIds(most: number): PosthouseError {
  const message = `more than ${most} client ids are logged in on one connection`
  return new PosthouseError('too_many_ids', message)
}

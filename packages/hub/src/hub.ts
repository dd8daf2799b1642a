import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type MessageFilter, type MessageType, PosthouseError, type SavingOptions } from '@posthouse/core'
import type { ClientInfo } from '@posthouse/protocol'
import type { CallHandler, CallOptions } from '@posthouse/protocol/calls'
import { Access } from './access/access.ts'
import { Gate } from './access/gate.ts'
import { type Identity, type IdentityAttempt, identityOf } from './access/identity.ts'
import type { HandleOptions } from './calls/hub-desk.ts'
import type { HistoryPage, HistoryQuery } from './channels/channel-history.ts'
import { channelMethods, historyOf } from './channels/channel-methods.ts'
import { type ChannelPage, listChannels } from './channels/hub-channels.ts'
import type { HubPresenceHandler } from './clients/presence-board.ts'
import type { DeadLetters } from './delivery/dead-letters.ts'
import { deliveryMethods } from './delivery/delivery-methods.ts'
import { type HubSendOptions, type HubSent, sendOwn } from './delivery/hub-send.ts'
import { type InboxQuery, type InboxView, viewInbox } from './delivery/inbox-view.ts'
import type { HubReceiptHandler } from './delivery/receipts.ts'
import type { Listening, ListenOptions } from './door/listen.ts'
import { Reception } from './door/reception.ts'
import type { FileHandler } from './files/file-office.ts'
import { groupMethods } from './groups/group-methods.ts'
import { HubGroups } from './groups/hub-groups.ts'
import { HubLife } from './hub-life.ts'
import { type HubOptions, resolveOptions } from './hub-options.ts'
import { assembleHub, type HubParts } from './hub-parts.ts'
import type { PageOptions } from './page.ts'
import { endSession } from './peers/v1-sessions.ts'
import { HubQueues } from './queues/hub-queues.ts'
import { queuesHandler, queuesMethod } from './queues/queue-methods.ts'
import { HubListeners, type HubMessageHandler } from './routing/hub-listeners.ts'
import { gatherStatistics, type HubStatistics, type StatisticsOptions } from './stats/hub-statistics.ts'
import { gatherStats, type HubStats, type StatsOptions } from './stats/hub-stats.ts'
import { statisticsHandler, statisticsMethod } from './stats/statistics-method.ts'
import { statsHandler, statsMethod } from './stats/stats-method.ts'

/**
 * The relay: programs log in to it, in any of three dialects, and it carries their messages to each other.
 *
 * @example
 * ```ts
 * await using hub = new Hub()
 * hub.on('text', (message) => console.log(message.from, message.body))
 * const { url } = await hub.listen()
 * ```
 */
export class Hub implements AsyncDisposable {
  /** Who belongs to which group. */
  readonly groups: HubGroups
  /** What waits for workers. */
  readonly queues: HubQueues
  readonly #parts: HubParts
  readonly #listeners: HubListeners
  readonly #reception: Reception
  readonly #life: HubLife
  readonly #startedAt: { readonly wall: number; readonly elapsed: number }

  /** @throws PosthouseError `invalid_option` */
  constructor(options: HubOptions = {}) {
    const resolved = resolveOptions(options)
    const { clock } = resolved
    const listeners = new HubListeners(resolved.logger)
    const gate = new Gate(resolved)
    const parts = assembleHub({ ...resolved, listeners, gate, onChange: () => this.#life.touch() })
    const reception = new Reception(parts, resolved)
    this.#parts = parts
    this.#listeners = listeners
    this.#reception = reception
    this.#life = new HubLife({ options: resolved, parts, reception, listeners })
    this.#startedAt = { wall: clock.now(), elapsed: clock.elapsed() }
    this.groups = new HubGroups(parts)
    this.queues = new HubQueues(parts)
    const methods = {
      [statsMethod]: statsHandler((wanted) => this.stats(wanted)),
      [statisticsMethod]: statisticsHandler((wanted) => this.statistics(wanted)),
      [queuesMethod]: queuesHandler(this.queues),
      ...groupMethods(this.groups),
      ...channelMethods(parts),
      ...parts.files?.methods,
      ...parts.files?.ownMethods,
      ...deliveryMethods({ deadLetters: this.deadLetters, inbox: (query) => this.inbox(query) }),
    }
    for (const [method, handler] of Object.entries(methods)) parts.desk.handleOwn(method, handler)
  }

  /** Name of this hub in presence. */
  get node(): string {
    return this.#parts.node
  }

  /** Connections now, logged in or not. */
  get connections(): number {
    return this.#reception.peers.size
  }

  /** Output that waits for clients to read it, in bytes. */
  get queuedBytes(): number {
    return this.#reception.peers.queuedBytes
  }

  /**
   * Reads what earlier runs have left. `listen` does it by itself; call it before the first `handleUpgrade` of a server of
   * your own, to hear of a status file that cannot be read.
   * @throws PosthouseError `status_file`
   */
  start(): Promise<void> {
    return this.#life.start()
  }

  /**
   * Resolves where messages can be stored now.
   * @throws PosthouseError (later) `store_failed`, `closed`
   */
  async checkStore(): Promise<void> {
    this.#life.assertGoingOn()
    await this.#parts.store.check?.()
  }

  /** True where clients must say who they are. */
  get guarded(): boolean {
    return this.#parts.gate.guarded
  }

  /**
   * Finds out who somebody is that comes by another way than a connection, such as an HTTP request, and what it may do.
   * @throws PosthouseError (also later) `unauthenticated`, `forbidden`, `token_expired`, `token_revoked`,
   * `authentication_unavailable`
   */
  identify(attempt: IdentityAttempt): Promise<Identity> {
    return this.#parts.gate.identify(attempt)
  }

  /** Who a client is and what it may do, by the connection that it has; nothing where it has none. */
  identityOf(client: string): Identity | undefined {
    const record = this.#parts.registry.get(client)
    if (record?.link === undefined) return undefined
    return identityOf(record.session?.principal, () => record.link?.access ?? Access.nothing)
  }

  /** The door: give it the `upgrade` requests of an HTTP server. Refuses what may not enter, with a reason. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#life.started) this.#reception.handleUpgrade(request, socket, head)
    else void this.#receiveLater(request, socket, head)
  }

  /**
   * Opens a server of the hub's own.
   * @throws PosthouseError `insecure_bind`, `port_in_use`, `cannot_listen`, `tls_file`, `status_file`, `closed`
   */
  listen(options: ListenOptions = {}): Promise<Listening> {
    return this.#life.listen(options, (request, socket, head) => this.handleUpgrade(request, socket, head))
  }

  /**
   * Has `handler` called for messages to `hub` (or `server`) and to `all` that match, until disposed of. With `downloadTo` the
   * files and folders that messages tell of are saved there before it is called, and it is told where they are, or why they
   * could not be had.
   * @throws PosthouseError `invalid_option`, also where this hub keeps no files; `invalid_address`
   */
  on(filter: MessageType | '*' | MessageFilter, handler: HubMessageHandler): Disposable
  on(filter: MessageType | '*' | MessageFilter, wishes: SavingOptions, handler: FileHandler): Disposable
  on(
    filter: MessageType | '*' | MessageFilter,
    second: SavingOptions | HubMessageHandler,
    third?: FileHandler,
  ): Disposable {
    if (typeof second === 'function') return this.#listeners.add(filter, second)
    const { files } = this.#parts
    if (third === undefined) throw new PosthouseError('invalid_option', 'on needs a handler')
    if (files === undefined)
      throw new PosthouseError('invalid_option', 'this hub keeps no files: give it some as `files`')
    return this.#listeners.add(filter, files.receiving(second, third))
  }

  /**
   * Has `handler` called for what clients publish in channels from now on, until disposed of. In a pattern the part `*` stands
   * for one part of a channel's name, `**` for any number of parts.
   * @throws PosthouseError `invalid_address`
   */
  subscribe(pattern: string, handler: HubMessageHandler): Disposable {
    return this.#listeners.subscribe(pattern, handler)
  }

  /**
   * Sends a message of the hub's own. Resolves when it was stored, or, with qos 0, handed to whoever is there.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`, `body_too_large`,
   * `unknown_recipient`, `offline`, `inbox_full`, `store_full`, `limit_reached`, `invalid_field` (`deliverAt` is too far ahead, or
   * qos 0 to a queue), `store_failed`, `closed`
   */
  async send(to: string, body: unknown, options: HubSendOptions = {}): Promise<HubSent> {
    this.#life.assertGoingOn()
    return sendOwn(to, body, options, this.#parts)
  }

  /** Has `handler` called with what became of messages that the hub has sent with `receipts`, until disposed of. */
  onReceipt(handler: HubReceiptHandler): Disposable {
    return this.#parts.delivery.receipts.handle(handler)
  }

  /** Messages that nobody could or would process. */
  get deadLetters(): DeadLetters {
    return this.#parts.delivery.deadLetters
  }

  /**
   * What waits for a client.
   * @throws PosthouseError `unknown_recipient`, `invalid_option`
   */
  async inbox(query: InboxQuery): Promise<InboxView> {
    return viewInbox(this.#parts, query)
  }

  /**
   * Has `handler` answer calls of `method` to `hub`, until disposed of. What it returns is the answer; the values of an async
   * iterable are its parts.
   * @throws PosthouseError `invalid_option` where the method has a handler, or its name begins with `hub.`
   */
  handle(method: string, handler: CallHandler, options?: HandleOptions): Disposable {
    return this.#parts.desk.handle(method, handler, options)
  }

  /**
   * Calls a method of a client and resolves with its answer. Nothing of a call is stored. Spec: 4.8.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `unrepresentable`, `too_deep`, `body_too_large`, `timeout`,
   * `aborted`, `unknown_recipient`, `offline`, `no_handler`, `too_many_calls`, `call_lost`, `call_failed`, `slow_consumer`,
   * `closed`, or what its handler threw
   */
  async request(to: string, method: string, body?: unknown, options: CallOptions = {}): Promise<unknown> {
    this.#life.assertGoingOn()
    return this.#parts.desk.request(to, method, body, options)
  }

  /** Who is online, or with `online: false` everyone who is known, by id. */
  clients({ online = true }: { readonly online?: boolean } = {}): readonly ClientInfo[] {
    return this.#parts.presence.list(online)
  }

  /**
   * Ends a client's connection and session, and says whether there were any. It may connect again where it is let in.
   * @param reason what the client is told
   */
  disconnect(client: string, reason: string = 'the hub has sent this client away'): boolean {
    const record = this.#parts.registry.get(client)
    const { link } = record ?? {}
    if (record === undefined || !record.living) return false
    endSession(record, this.#parts)
    link?.fail(new PosthouseError('forbidden', reason))
    return true
  }

  /** A page of the channels that hold something, by name. Clients that may administer the hub get the same by `hub.channels`. */
  channels(options: PageOptions = {}): Promise<ChannelPage> {
    return listChannels(this.#parts, options)
  }

  /**
   * A page of what was published in a channel, as far as it is kept. Clients that may subscribe to it get the same by calling
   * `history`.
   * @throws PosthouseError `invalid_address`, `invalid_option`
   */
  history(query: HistoryQuery): Promise<HistoryPage> {
    return historyOf(this.#parts, query)
  }

  /** The ids of the clients that are online. */
  onlineClients(): readonly string[] {
    return this.clients().map(({ client }) => client)
  }

  /** This hub in numbers. Clients that may administer it get the same by calling `hub.stats`, with these options as body. */
  stats(options: StatsOptions = {}): Promise<HubStats> {
    const { node, connections, queuedBytes } = this
    const { wall: startedAt, elapsed } = this.#startedAt
    const uptimeMs = this.#parts.clock.elapsed() - elapsed
    return gatherStats(this.#parts, { node, startedAt, uptimeMs, connections, queuedBytes }, options)
  }

  /**
   * What went through this hub by the hour, as far back as `statisticsMs` reaches. Clients that may administer it get the
   * same by calling `hub.statistics`, with these options as body. Spec: 4.8.13.
   * @throws PosthouseError (also later) `invalid_option`
   */
  async statistics(options: StatisticsOptions = {}): Promise<HubStatistics> {
    const { statistics, clock } = this.#parts
    return gatherStatistics(statistics, clock.now(), options)
  }

  /**
   * Has `handler` called with the clients that came, went or changed their state, as they are at the end of a tick, until
   * disposed of.
   */
  onPresence(handler: HubPresenceHandler): Disposable {
    return this.#parts.presence.handle(handler)
  }

  /**
   * Ends in good order, within `graceMs` (default 3,000): stops accepting, leaves what is sent from now on to the next hub,
   * has what it took before confirmed, delivered and acknowledged where the receivers keep up, then sends everyone away,
   * many clients one after the other, with a hint when to come back.
   */
  drain({ graceMs = 3000 }: { readonly graceMs?: number } = {}): Promise<void> {
    return this.#life.drain(graceMs)
  }

  /** Stops now, also where a drain is under way. What was stored stays stored; clients that can, come back. */
  close(): Promise<void> {
    return this.#life.close()
  }

  /** Nobody can go on where he was before it is known who was here. */
  async #receiveLater(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = (): void => void socket.destroy()
    socket.once('error', gone)
    try {
      await this.start()
    } catch (error) {
      this.#parts.logger.error('the state of clients is not known', { error })
    }
    socket.off('error', gone)
    if (!socket.destroyed) this.#reception.handleUpgrade(request, socket, head)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

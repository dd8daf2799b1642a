import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  createId,
  type Envelope,
  isClientId,
  type MessageFilter,
  type MessageType,
  PosthouseError,
  type Timer,
} from '@posthouse/core'
import { type ClientInfo, type DraftOptions, draftMessage } from '@posthouse/protocol'
import { encodeBody } from '@posthouse/protocol/bodies'
import type { CallHandler, CallOptions } from '@posthouse/protocol/calls'
import { maxCrossCommBytes } from '@posthouse/protocol/cross-comm'
import { bearerToken } from './access/bearer-token.ts'
import { Gate } from './access/gate.ts'
import type { HubPresenceHandler } from './clients/presence-board.ts'
import { type ClientStatus, StatusFile } from './clients/status-file.ts'
import { Departure } from './departure.ts'
import { Connection, type ConnectionOptions } from './door/connection.ts'
import { Door, remoteOf } from './door/door.ts'
import { Greeter } from './door/greeter.ts'
import type { HubCodec } from './door/hub-codec.ts'
import type { HubSocket } from './door/hub-socket.ts'
import { type Listening, type ListenOptions, openServer } from './door/listen.ts'
import { type HubOptions, type ResolvedOptions, resolveOptions } from './hub-options.ts'
import { assembleHub, type HubParts } from './hub-parts.ts'
import { Admission } from './limits/admission.ts'
import type { Peer } from './peers/peer.ts'
import { Peers } from './peers/peers.ts'
import { endSession } from './peers/v1-sessions.ts'
import { HubListeners, type HubMessageHandler } from './routing/hub-listeners.ts'
import { gatherStats, type HubStats, type StatsOptions } from './stats/hub-stats.ts'
import { statsHandler, statsMethod } from './stats/stats-method.ts'

/** How long an ending hub waits for its store, in milliseconds. */
const settleMs = 3000

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
  readonly #options: ResolvedOptions
  readonly #ownsStore: boolean
  readonly #parts: HubParts
  readonly #listeners: HubListeners
  readonly #admission: Admission
  readonly #door: Door
  readonly #peers = new Peers()
  readonly #connectionOptions: ConnectionOptions
  readonly #statusFile: StatusFile | undefined
  readonly #servers = new Set<Server>()
  readonly #startedAt: { readonly wall: number; readonly elapsed: number }
  readonly #departure: Departure
  #sweep: Timer | undefined
  #started: Promise<void> | undefined
  #ended: Promise<void> | undefined

  /** @throws PosthouseError `invalid_option` */
  constructor(options: HubOptions = {}) {
    this.#options = resolveOptions(options)
    this.#ownsStore = options.store === undefined
    this.#listeners = new HubListeners(this.#options.logger)
    this.#parts = assembleHub({
      ...this.#options,
      listeners: this.#listeners,
      gate: new Gate(this.#options),
      onChange: () => this.#statusFile?.touch(),
    })
    this.#admission = new Admission({
      allowances: this.#options.allowances,
      clock: this.#options.clock,
      connections: () => this.#peers.size,
    })
    const { clock, sendQueue, logger } = this.#options
    const { tally } = this.#parts
    const onClose = (connection: Connection): void => this.#peers.delete(connection)
    this.#connectionOptions = { ...this.#parts, sendQueue, onClose }
    this.#door = new Door({
      admission: this.#admission,
      logger,
      frameBytes: Math.max(this.#options.limits.frameBytes, maxCrossCommBytes),
      guarded: this.#parts.gate.guarded,
      allowedOrigins: this.#options.allowedOrigins,
      tally,
      onSocket: (socket, request, codec) => this.#admit(socket, request, codec),
    })
    this.#parts.desk.handleOwn(
      statsMethod,
      statsHandler((wanted) => this.stats(wanted)),
    )
    this.#departure = new Departure({ parts: this.#parts, peers: this.#peers, listeners: this.#listeners })
    const { statusFile: path } = this.#options
    if (path !== undefined) {
      this.#statusFile = new StatusFile({ path, clock, logger, snapshot: () => this.#statuses() })
    }
    this.#startedAt = { wall: clock.now(), elapsed: clock.elapsed() }
    this.#scheduleSweep()
  }

  /** Name of this hub in presence. */
  get node(): string {
    return this.#options.node
  }

  /** Connections now, logged in or not. */
  get connections(): number {
    return this.#peers.size
  }

  /** Output that waits for clients to read it, in bytes. */
  get queuedBytes(): number {
    return this.#peers.queuedBytes
  }

  /**
   * Reads what earlier runs have left. `listen` does it by itself; call it before the first `handleUpgrade` of a server of
   * your own, to hear of a status file that cannot be read.
   * @throws PosthouseError `status_file`
   */
  start(): Promise<void> {
    this.#started ??= this.#load().catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    return this.#started
  }

  /** The door: give it the `upgrade` requests of an HTTP server. Refuses what may not enter, with a reason. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.start().catch((error: unknown) => this.#options.logger.error('the state of clients is not known', { error }))
    this.#door.handleUpgrade(request, socket, head)
  }

  /**
   * Opens a server of the hub's own.
   * @throws PosthouseError `insecure_bind`, `port_in_use`, `cannot_listen`, `tls_file`, `status_file`, `closed`
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    if (this.#ended !== undefined) throw new PosthouseError('closed', 'this hub was closed')
    await this.start()
    const { server, ...where } = await openServer(options, {
      guarded: this.#parts.gate.guarded,
      clock: this.#options.clock,
      logger: this.#options.logger,
      onUpgrade: (request, socket, head) => this.handleUpgrade(request, socket, head),
    })
    if (this.#ended !== undefined) {
      server.close()
      throw new PosthouseError('closed', 'this hub was closed')
    }
    this.#servers.add(server)
    return where
  }

  /**
   * Has `handler` called for messages to `hub` (or `server`) and to `all` that match, until disposed of.
   * @throws PosthouseError `invalid_option`, `invalid_address`
   */
  on(filter: MessageType | '*' | MessageFilter, handler: HubMessageHandler): Disposable {
    return this.#listeners.add(filter, handler)
  }

  /**
   * Sends a message of the hub's own. Resolves when it was stored, or, with qos 0, handed to whoever is there.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`, `body_too_large`,
   * `unknown_recipient`, `offline` (qos 0), `inbox_full`, `unsupported`, `store_failed`, `closed`
   */
  async send(to: string, body: unknown, options: DraftOptions = {}): Promise<{ readonly id: string }> {
    if (this.#ended !== undefined) throw new PosthouseError('closed', 'this hub was closed')
    const envelope = this.#envelope(to, body, options)
    if (envelope.qos === 0) this.#parts.router.live(envelope)
    else {
      await new Promise<void>((resolve, reject) => {
        this.#parts.router.store({ envelope }, (outcome) =>
          outcome.state === 'refused' ? reject(outcome.error) : resolve(),
        )
      })
    }
    return { id: envelope.id }
  }

  /**
   * Has `handler` answer calls of `method` to `hub`, until disposed of. What it returns is the answer; the values of an async
   * iterable are its parts.
   * @throws PosthouseError `invalid_option` where the method has a handler, or its name begins with `hub.`
   */
  handle(method: string, handler: CallHandler): Disposable {
    return this.#parts.desk.handle(method, handler)
  }

  /**
   * Calls a method of a client and resolves with its answer. Nothing of a call is stored. Spec: 4.8.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `unrepresentable`, `too_deep`, `body_too_large`, `timeout`,
   * `aborted`, `unknown_recipient`, `offline`, `no_handler`, `too_many_calls`, `call_lost`, `call_failed`, `slow_consumer`,
   * `closed`, or what its handler threw
   */
  async request(to: string, method: string, body?: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#ended !== undefined) throw new PosthouseError('closed', 'this hub was closed')
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
    const { registry, presence } = this.#parts
    const record = registry.get(client)
    const { link } = record ?? {}
    if (record === undefined || !record.living) return false
    endSession(record, presence)
    link?.fail(new PosthouseError('forbidden', reason))
    return true
  }

  /** The ids of the clients that are online. */
  onlineClients(): readonly string[] {
    return this.clients().map(({ client }) => client)
  }

  /** This hub in numbers. Clients that may administer it get the same by calling `hub.stats`, with these options as body. */
  stats(options: StatsOptions = {}): Promise<HubStats> {
    const { node, connections, queuedBytes } = this
    const { wall: startedAt, elapsed } = this.#startedAt
    const uptimeMs = this.#options.clock.elapsed() - elapsed
    return gatherStats(this.#parts, { node, startedAt, uptimeMs, connections, queuedBytes }, options)
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
    this.#ended ??= this.#end(graceMs)
    return this.#ended
  }

  /** Stops now, also where a drain is under way. What was stored stays stored; clients that can, come back. */
  close(): Promise<void> {
    if (this.#ended === undefined) this.#ended = this.#end(0)
    else {
      this.#departure.hurry()
      void this.#peers.terminate()
    }
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #load(): Promise<void> {
    for (const [client, { lastSeen }] of (await this.#statusFile?.load()) ?? []) {
      if (isClientId(client)) this.#parts.registry.known(client, lastSeen)
      else this.#options.logger.warn('the status file names what is no client id', { client })
    }
    // A folder that cannot be written to should be told now, and not when the first client comes.
    await this.#statusFile?.save()
  }

  #admit(socket: HubSocket, request: IncomingMessage, codec: HubCodec | undefined): void {
    const remote = remoteOf(request)
    const { crossComm } = this.#options
    const onSettled = this.#admission.enter(request.socket.remoteAddress)
    this.#parts.tally.connects++
    const connection = new Connection(socket, this.#connectionOptions, remote, onSettled)
    const onPeer = (peer: Peer): void => this.#peers.replace(connection, peer)
    const token = this.#parts.gate.guarded ? bearerToken(request) : undefined
    const origin = { remoteAddress: request.socket.remoteAddress ?? 'unknown', token }
    const greeter = new Greeter({ parts: this.#parts, connection, codec, origin, crossComm, onPeer })
    this.#peers.add(connection, greeter)
  }

  #envelope(to: string, body: unknown, options: DraftOptions): Envelope {
    const { value, ttlMs, headers, replyTo, id = createId(), ...draft } = draftMessage(to, body, options)
    const ts = this.#options.clock.now()
    const encoded = encodeBody(value)
    const { bodyBytes } = this.#options.limits
    if (encoded.bytes.byteLength > bodyBytes) {
      const message = `the body has ${encoded.bytes.byteLength} bytes; at most ${bodyBytes} are allowed`
      throw new PosthouseError('body_too_large', message)
    }
    return {
      ...draft,
      id,
      from: 'hub',
      body: encoded,
      ts,
      ...(ttlMs !== undefined && { expiresAt: ts + ttlMs }),
      ...(headers && { headers }),
      ...(replyTo !== undefined && { replyTo }),
    }
  }

  #statuses(): ReadonlyMap<string, ClientStatus> {
    const statuses = new Map<string, ClientStatus>()
    for (const { id, online, lastSeen, session } of this.#parts.registry.all()) {
      if (!session?.transient) statuses.set(id, { online, lastSeen })
    }
    return statuses
  }

  #scheduleSweep(): void {
    const { heartbeatMs, v1TimeoutMs, crossCommTimeoutMs } = this.#options.timing
    const everyMs = Math.min(1000, heartbeatMs / 4, v1TimeoutMs / 4, crossCommTimeoutMs / 4)
    this.#sweep = this.#options.clock
      .after(everyMs, () => {
        const now = this.#options.clock.elapsed()
        this.#peers.check(now)
        this.#options.logger.check(now)
        this.#parts.gate.check()
        this.#expireSessions(now)
        this.#scheduleSweep()
      })
      .unref()
  }

  #expireSessions(now: number): void {
    for (const record of this.#parts.registry.all()) {
      const { session } = record
      if (session === undefined || session.expiresAt > now) continue
      endSession(record, this.#parts.presence)
      this.#parts.tally.sessionsExpired++
      if (session.transient) this.#parts.registry.forget(record)
    }
  }

  async #end(graceMs: number): Promise<void> {
    this.#door.close()
    this.#sweep?.[Symbol.dispose]()
    this.#parts.presence[Symbol.dispose]()
    this.#parts.gate[Symbol.dispose]()
    const closed = [...this.#servers].map((server) => new Promise((resolve) => server.close(resolve)))
    if (graceMs > 0) await this.#departure.leave(graceMs)
    this.#parts.desk.close()
    await this.#peers.terminate()
    this.#parts.exchange.clear()
    for (const server of this.#servers) server.closeAllConnections()
    await Promise.all(closed)
    await this.#departure.within(settleMs, this.#parts.batcher.settled())
    for (const record of this.#parts.registry.all()) record.release()
    if (this.#ownsStore) await this.#departure.within(settleMs, this.#departure.tellDiscarded())
    try {
      await this.#statusFile?.save()
    } finally {
      if (this.#ownsStore) await this.#options.store[Symbol.asyncDispose]()
    }
  }
}

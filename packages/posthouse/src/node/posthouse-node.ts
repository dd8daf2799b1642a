import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, type Logger, PosthouseError, silentLogger, systemClock } from '@posthouse/core'
import {
  aClock,
  aFlag,
  anObject,
  aText,
  checkOptions,
  listOf,
  objectWith,
  oneOf,
  type Rule,
  type Rules,
} from '@posthouse/core/options'
import { Hub, type Listening, type ListenOptions, type OpenServer, openServer } from '@posthouse/hub'
import { type App, type AppOptions, createApp, type Environment, environmentOf } from '@posthouse/web'
import { ownVersion } from '../own-version.ts'
import { administrator } from './administrator.ts'
import { apiDoor } from './api/api-door.ts'
import { Dispatch, refuseSocket } from './dispatch.ts'
import type { Door } from './door.ts'
import { healthDoor } from './health-door.ts'
import { hubDoor } from './hub-door.ts'
import { reboundCheck } from './local-host.ts'
import { metricsDoor } from './metrics/metrics-door.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import { addPage } from './page.ts'

/** What a node is made of. All of it is optional. */
export interface NodeOptions {
  /** The relay. From now on the node drains and closes it. Default: one that keeps its messages in memory. */
  readonly hub?: Hub
  /** What is served besides. Default: nothing. */
  readonly doors?: readonly Door[]
  /** An app of your own; it answers whatever is not the node's. Default: none. */
  readonly app?: App
  /** Whether it can be administered by HTTP, at `/api/v1`. Default: true. */
  readonly administration?: boolean
  /** Who may read `/metrics`: whoever may administer, everybody (`open`) or nobody (`off`). Default: `admin`. */
  readonly metrics?: 'admin' | 'open' | 'off'
  /** Where the node runs. Default: what `NODE_ENV` says, otherwise `development`. */
  readonly env?: Environment
  /** Whether it shows its documents. Default: except in production. */
  readonly docs?: boolean
  /**
   * Origins such as `https://hub.example` whose pages may read what endpoints of the node answer, and by whose host it may be
   * asked at a loopback address where it asks nobody who they are; `*` for any. Default: none, so that only `localhost` and
   * addresses do.
   */
  readonly allowedOrigins?: readonly string[]
  /**
   * How long the node goes on as before once it is to drain, in milliseconds: `/readyz` says 503 by then, so that whoever asks
   * there can send clients elsewhere before the port closes. Default: 0.
   */
  readonly drainDelayMs?: number
  /** Default: nothing is logged. */
  readonly logger?: Logger
  readonly clock?: Clock
}

const delay: Rule = {
  words: 'a number from 0',
  holds: (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
}

const rules: Rules<NodeOptions> = {
  hub: anObject,
  doors: listOf('doors', anObject),
  app: anObject,
  administration: aFlag,
  metrics: oneOf('admin', 'open', 'off'),
  env: oneOf('development', 'test', 'production'),
  docs: aFlag,
  allowedOrigins: listOf('origins', aText),
  drainDelayMs: delay,
  logger: objectWith('debug', 'info', 'warn', 'error'),
  clock: aClock,
}

/** Where the documents lie. */
const docsPlaces = [
  { path: '/docs', what: 'The HTTP endpoints, to read and to try' },
  { path: '/redoc', what: 'The same, to read' },
  { path: '/reference', what: 'The same in another way' },
  { path: '/asyncapi', what: 'The WebSocket endpoints, to read and to try' },
  { path: '/openapi.json', what: 'The document of the HTTP endpoints' },
  { path: '/asyncapi.json', what: 'The document of the WebSocket endpoints' },
]
const docsPaths = docsPlaces.map(({ path }) => path)

/**
 * One running server with all its doors on one port: the hub, what the doors add, and an app of your own.
 *
 * @throws PosthouseError `invalid_option`, also where two doors have one path
 * @example
 * ```ts
 * await using node = createNode()
 * const { url } = await node.listen({ port: 9898 })
 * ```
 */
export function createNode(options: NodeOptions = {}): PosthouseNode {
  return new PosthouseNode(options)
}

/** Pages that may use the node otherwise may read what its endpoints answer. Who asks shows a token there as everybody does. */
function corsFor(allowed: readonly string[]): NonNullable<AppOptions['cors']> {
  const exposedHeaders = ['x-request-id', 'posthouse-calls', 'posthouse-caller', 'location', 'retry-after']
  return { origins: allowed.includes('*') ? '*' : allowed, exposedHeaders }
}

/** A node. Disposing of it stops at once; `drain` finishes what is under way before. */
export class PosthouseNode implements AsyncDisposable {
  readonly hub: Hub
  /** Its own endpoints, which can also be asked without a port: `node.api.inject('/healthz')`. */
  readonly api: App
  readonly #app: App | undefined
  readonly #doors: readonly Door[]
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #dispatch: Dispatch
  readonly #drainDelayMs: number
  readonly #servers = new Set<OpenServer>()
  readonly #hurry = new AbortController()
  readonly #leaving = new AbortController()
  #started: Promise<void> | undefined
  #ended: Promise<void> | undefined
  /** True from when its ports close. */
  #closing = false

  constructor(options: NodeOptions) {
    checkOptions('createNode', options, rules)
    const { hub = new Hub(), app, env, docs, logger = silentLogger, clock = systemClock, drainDelayMs = 0 } = options
    const requests = new RequestMetrics(clock)
    this.hub = hub
    this.#app = app
    this.#logger = logger
    this.#clock = clock
    this.#drainDelayMs = drainDelayMs
    const serving = [hubDoor(hub), ...(options.doors ?? [])]
    this.#doors = [...serving, ...this.#ownDoors(serving, requests, options)]
    this.api = createApp({
      title: 'Posthouse',
      version: ownVersion(),
      logger,
      ...(env !== undefined && { env }),
      ...(options.allowedOrigins?.length && { cors: corsFor(options.allowedOrigins) }),
      docs: { ...(docs !== undefined && { enabled: docs }), ...(app && { also: [app] }) },
      oneProcess: 'its hub knows only the clients of its own process',
    })
    const hasDocs = docs ?? environmentOf(env) !== 'production'
    const places = this.#doors.flatMap((door) => door.places)
    addPage(this.api, { hub, places: hasDocs ? [...places, ...docsPlaces] : places })
    const tools = { hub, logger, admin: administrator(hub), administration: options.administration ?? true }
    for (const door of this.#doors) door.mount?.(this.api, tools)
    const { allowedOrigins = [] } = options
    const namesAnother = reboundCheck(allowedOrigins)
    const rebound = (request: IncomingMessage): boolean => !hub.guarded && namesAnother(request)
    const ownPaths = docsPaths.flatMap((path) => [path, `${path}/*`])
    this.#dispatch = new Dispatch({ own: this.api, ownPaths, app, doors: this.#doors, requests, isRebound: rebound })
  }

  /** Aborted when the node begins to leave, whoever asked for it. */
  get leaving(): AbortSignal {
    return this.#leaving.signal
  }

  /**
   * Makes everything ready. `listen` does it by itself; call it before the first request of a server of your own.
   * @throws PosthouseError `status_file`, `closed`, and what a door or the app throws
   */
  start(): Promise<void> {
    if (this.#ended !== undefined) throw new PosthouseError('closed', 'this node was closed')
    this.#started ??= this.#start()
    return this.#started
  }

  /**
   * Opens its port.
   * @throws PosthouseError `insecure_bind`, `port_in_use`, `cannot_listen`, `tls_file`, `status_file`, `closed`
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    await this.start()
    const opened = await openServer(options, {
      guarded: this.hub.guarded,
      clock: this.#clock,
      logger: this.#logger,
      isUpgrade: (request) => this.#dispatch.isUpgrade(request),
      onRequest: (request, response) => this.#dispatch.request(request, response),
      onUpgrade: (request, socket, head) => {
        if (!this.handleUpgrade(request, socket, head)) refuseSocket(socket)
      },
    })
    this.#servers.add(opened)
    const { host, port, url } = opened
    if (!this.#closing) return { host, port, url }
    opened.server.close()
    throw new PosthouseError('closed', 'this node was closed')
  }

  /** Reads the certificates of its ports again now, as is done when they change. Where they cannot be used, the old ones stay. */
  renewCertificates(): void {
    for (const { renew } of this.#servers) renew()
  }

  /** True for requests that are for this node, on a server of your own. */
  matches(request: IncomingMessage): boolean {
    return this.#dispatch.matches(request)
  }

  /** Answers a request of a server of your own, after `start`. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#dispatch.request(request, response)
  }

  /** Takes over a socket of a server of your own, after `start`, where it is for this node; says whether it was. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.#dispatch.isUpgrade(request) && this.#dispatch.upgrade(request, socket, head)
  }

  /**
   * Ends in good order: after `drainDelayMs`, and within `graceMs` (default 3,000) from then on, nobody new comes in, what is
   * under way is finished, and clients are told to come back.
   */
  drain({ graceMs = 3000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#ended ??= this.#end(graceMs)
    return this.#ended
  }

  /** Stops now, also where a drain is under way. What was stored stays stored. */
  close(): Promise<void> {
    this.#hurry.abort()
    this.#ended ??= this.#end(0)
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #ownDoors(doors: readonly Door[], requests: RequestMetrics, options: NodeOptions): Door[] {
    const { administration = true, metrics = 'admin' } = options
    const { hub } = this
    const drain = (graceMs: number | undefined): void => void this.drain(graceMs === undefined ? {} : { graceMs })
    return [
      ...(administration ? [apiDoor({ hub, drain })] : []),
      ...(metrics === 'off' ? [] : [metricsDoor({ hub, requests, doors, open: metrics === 'open' })]),
      healthDoor(doors, this.leaving),
    ]
  }

  async #start(): Promise<void> {
    for (const door of this.#doors) await door.start?.()
    await this.api.ready()
    await this.#app?.ready()
  }

  async #end(graceMs: number): Promise<void> {
    this.#leaving.abort()
    if (graceMs > 0 && this.#drainDelayMs > 0) await this.#delay()
    this.#closing = true
    const servers = [...this.#servers].map(({ server }) => server)
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    await this.#started?.catch(() => undefined)
    if (graceMs > 0 && !this.#hurry.signal.aborted) await this.#finish(graceMs)
    const ends = Promise.allSettled(this.#doors.map((door) => door.close()))
    // Who still waits for an answer is told before the connection goes.
    await Promise.race([ends, this.#turns()])
    for (const server of servers) server.closeAllConnections()
    const failed = (await ends).find((end) => end.status === 'rejected')
    await Promise.all([this.api.close(), this.#app?.close(), ...closed])
    if (failed !== undefined) throw failed.reason
  }

  /** Lets what was just decided get onto the wire. */
  async #turns(): Promise<void> {
    for (let left = 3; left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets time pass in which all goes on as before, unless somebody is in a hurry. */
  async #delay(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { signal } = this.#hurry
    using _timer = this.#clock.after(this.#drainDelayMs, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (!signal.aborted) await promise
  }

  /** Lets everything come to its end, but no longer than so many milliseconds. */
  async #finish(graceMs: number): Promise<void> {
    const patience = new AbortController()
    const late = Promise.withResolvers<void>()
    patience.signal.addEventListener('abort', () => late.resolve())
    this.#hurry.signal.addEventListener('abort', () => {
      patience.abort()
      void this.hub.close()
    })
    using _timer = this.#clock.after(graceMs, () => patience.abort())
    const doors = this.#doors.map((door) => door.drain?.(patience.signal))
    const http = Promise.race([late.promise, Promise.all([this.api.drain(), this.#app?.drain(), ...doors])])
    await Promise.all([http, this.hub.drain({ graceMs })])
  }
}

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { PosthouseError, reasonOf, systemClock } from '@posthouse/core'
import type { FastifyInstance, HTTPMethods } from 'fastify'
import type { AppOptions } from '../app/options.ts'
import type { Services } from '../app/services.ts'
import { BodyGuard } from '../body/body-guard.ts'
import { problem } from '../problem/problem.ts'
import { problemResponse } from '../problem/problem-response.ts'
import { namesOneHost } from '../request/host-check.ts'
import { requestIdOf } from '../request/request-id.ts'
import type { Endpoint } from '../routing/endpoint.ts'
import type { Route } from '../routing/router.ts'
import type { SocketDoor } from '../socket/door.ts'
import { refuse } from '../socket/refusal.ts'
import { addRoutes, createFastify, hostProblem, pathOf } from './fastify-server.ts'
import { addCompression, addCors, addStatic, type StaticFolder } from './plugins.ts'
import { StallGuard } from './stall-guard.ts'

/** A request that is answered without a port. */
export interface InjectOptions {
  readonly method?: string
  /** Path and query. */
  readonly url: string
  readonly query?: Readonly<Record<string, string | string[]>>
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: Readonly<Record<string, string>>
  /** Text, bytes or a stream go as they are, anything else as JSON. */
  readonly body?: unknown
}

/** The answer to a request that was made without a port. */
export interface Injected {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
  /** The body as JSON. The caller says what it is. */
  json<T = unknown>(): T
}

/** Where WebSockets go. */
type UpgradeDoor = Pick<SocketDoor, 'matches' | 'handleUpgrade'>

/** Where requests come in. The only part that knows what server is underneath. */
export class HttpDoor {
  readonly #services: Services
  readonly #options: AppOptions
  readonly #fastify: FastifyInstance
  readonly #server: Server
  #upgrades: () => UpgradeDoor | undefined = () => undefined
  readonly #guard = new BodyGuard(systemClock)
  readonly #stalls: StallGuard
  #underWay = 0
  #onIdle: (() => void)[] = []
  readonly #onClose = (): void => {
    this.#underWay--
    if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** Accepting can fail, where all file descriptors are in use. Without a listener, that would end the process. */
  readonly #onAcceptError = (error: Error): void => {
    this.#services.log.error('A connection could not be accepted', { error: reasonOf(error) })
  }

  constructor(services: Services, options: AppOptions) {
    this.#services = services
    this.#options = options
    const { headersTimeout = 10_000, keepAliveTimeout = 72_000, stallTimeout = 30_000 } = options.limits ?? {}
    this.#stalls = new StallGuard(systemClock, stallTimeout)
    this.#server = createServer({
      headersTimeout,
      keepAliveTimeout,
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      shouldUpgradeCallback: ({ url = '/' }) => this.#upgrades()?.matches(pathOf(url)) ?? false,
    })
    this.#server.on('connection', (socket) => this.#stalls.watch(socket))
    this.#server.on('request', (_request, response) => this.#count(response))
    this.#fastify = createFastify(this.#server, services)
  }

  /** Serves these endpoints. */
  async ready(routes: readonly Route<Endpoint>[], folders: readonly StaticFolder[]): Promise<void> {
    const { cors, compression = false } = this.#options
    if (cors !== undefined) await addCors(this.#fastify, cors)
    if (compression !== false) await addCompression(this.#fastify, compression === true ? {} : compression)
    for (const folder of folders) await addStatic(this.#fastify, folder)
    addRoutes(this.#fastify, routes, this.#services, { limits: this.#options.limits, guard: this.#guard })
    await this.#fastify.ready()
  }

  /** Hands requests for WebSockets over to where they belong. Any other request to upgrade is an ordinary one. */
  onUpgrade(door: () => UpgradeDoor | undefined): void {
    this.#upgrades = door
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#stalls.forget(request.socket)
      if (!namesOneHost(request)) return refuse(socket, hostProblem(this.#services))
      if (door()?.handleUpgrade(request, socket, head) ?? false) return
      // Only a Node that does not ask before, that is one older than 24.9, comes here.
      socket.on('error', () => socket.destroy())
      const missing = problem(404, `There is no WebSocket at ${pathOf(request.url ?? '/')}`)
      refuse(socket, problemResponse(missing, requestIdOf(request), this.#services.formatProblem))
    })
  }

  /** @throws PosthouseError `port_in_use`, `cannot_listen` */
  listen(port: number, host: string): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      const failed = (cause: NodeJS.ErrnoException): void => reject(cannotListen(port, host, cause))
      this.#server.once('error', failed)
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed).on('error', this.#onAcceptError)
        resolve(this.#server.address() as AddressInfo)
      })
    })
  }

  async inject(request: string | InjectOptions): Promise<Injected> {
    const { body, cookies, method = 'GET', ...rest } = typeof request === 'string' ? { url: request } : request
    const response = await this.#fastify.inject({
      ...rest,
      method: method.toUpperCase() as HTTPMethods,
      ...(cookies !== undefined && { cookies: { ...cookies } }),
      ...(body !== undefined && { payload: body as string }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.payload,
      bytes: response.rawPayload,
      json: () => response.json(),
    }
  }

  /** Takes a stream as a connection, as if it had come over a port. */
  connection(stream: Duplex): void {
    this.#server.emit('connection', stream)
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    this.#underWay++
    this.#stalls.watch(socket)
    response.on('close', () => {
      this.#stalls.leave(socket)
      this.#onClose()
    })
    this.#fastify.routing(request, response)
  }

  /** Takes no more connections, and resolves when requests under way are answered or `signal` is aborted. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#server.listening) this.#server.close()
    this.#server.closeIdleConnections()
    if (this.#underWay === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  async close(): Promise<void> {
    const closed = this.#server.listening
      ? new Promise<void>((resolve) => this.#server.close(() => resolve()))
      : undefined
    this.#server.closeAllConnections()
    await closed
    this.#guard[Symbol.dispose]()
    this.#stalls[Symbol.dispose]()
    await this.#fastify.close()
  }

  #count(response: ServerResponse): void {
    this.#underWay++
    response.on('close', this.#onClose)
  }
}

function cannotListen(port: number, host: string, cause: NodeJS.ErrnoException): PosthouseError {
  if (cause.code === 'EADDRINUSE')
    return new PosthouseError('port_in_use', `port ${port} on ${host} is in use`, { cause })
  return new PosthouseError('cannot_listen', `cannot listen on ${host} port ${port}: ${reasonOf(cause)}`, { cause })
}

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
import fastify, { type FastifyInstance, type FastifyRequest, type HTTPMethods } from 'fastify'
import type { AppOptions, RequestLimits } from '../app/options.ts'
import type { Services } from '../app/services.ts'
import { BodyGuard } from '../body/body-guard.ts'
import { kindOf } from '../body/body-kind.ts'
import { type BodyRules, readBody } from '../body/body-reader.ts'
import { problem } from '../problem/problem.ts'
import { problemResponse } from '../problem/problem-response.ts'
import { requestIdOf } from '../request/request-id.ts'
import type { Endpoint, EndpointOptions } from '../routing/endpoint.ts'
import { parsePath } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import type { SocketDoor } from '../socket/door.ts'
import { refuse } from '../socket/refusal.ts'
import { answering, sendProblem } from './answer.ts'
import { planOf } from './plan.ts'
import { addCompression, addCors, addStatic, type StaticFolder } from './plugins.ts'

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

  constructor(services: Services, options: AppOptions) {
    this.#services = services
    this.#options = options
    const { headersTimeout = 10_000, keepAliveTimeout = 72_000 } = options.limits ?? {}
    this.#server = createServer({
      headersTimeout,
      keepAliveTimeout,
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      shouldUpgradeCallback: ({ url = '/' }) => this.#upgrades()?.matches(pathOf(url)) ?? false,
    })
    this.#fastify = this.#createFastify()
  }

  /** Serves these endpoints. */
  async ready(routes: readonly Route<Endpoint>[], folders: readonly StaticFolder[]): Promise<void> {
    const { cors, compression = false } = this.#options
    if (cors !== undefined) await addCors(this.#fastify, cors)
    if (compression !== false) await addCompression(this.#fastify, compression === true ? {} : compression)
    for (const folder of folders) await addStatic(this.#fastify, folder)
    for (const route of routes) this.#add(route)
    await this.#fastify.ready()
  }

  /** Hands requests for WebSockets over to where they belong. Any other request to upgrade is an ordinary one. */
  onUpgrade(door: () => UpgradeDoor | undefined): void {
    this.#upgrades = door
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
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
      this.#server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(port, host, cause)))
      this.#server.listen(port, host, () => resolve(this.#server.address() as AddressInfo))
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
    this.#fastify.routing(request, response)
  }

  /** Takes no more connections, and resolves when requests under way are answered or `signal` is aborted. */
  async drain(signal: AbortSignal): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    await Promise.race([closed, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))])
  }

  async close(): Promise<void> {
    const closed = this.#server.listening
      ? new Promise<void>((resolve) => this.#server.close(() => resolve()))
      : undefined
    this.#server.closeAllConnections()
    await closed
    await this.#fastify.close()
  }

  #createFastify(): FastifyInstance {
    const instance = fastify({
      genReqId: requestIdOf as never,
      exposeHeadRoutes: true,
      serverFactory: (handler) => this.#server.on('request', handler),
      routerOptions: { querystringParser: () => ({}) },
    })
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (request: FastifyRequest, raw: IncomingMessage, done: BodyDone) => {
      const { rules } = request.routeOptions.config as { readonly rules?: BodyRules }
      // Where nothing is served, nothing is read.
      if (rules === undefined) return done(null, undefined)
      read(raw, rules, this.#guard, done)
    })
    instance.setNotFoundHandler((request, reply) =>
      sendProblem(
        problem(404, `There is nothing at ${request.method} ${pathOf(request.url)}`),
        request,
        reply,
        this.#services,
      ),
    )
    instance.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, this.#services))
    return instance
  }

  #add(route: Route<Endpoint>): void {
    const { endpoint, path } = route
    const { method, options } = endpoint
    if (!this.#fastify.supportedMethods.includes(method)) this.#fastify.addHttpMethod(method, { hasBody: true })
    const plan = planOf(route, this.#services.env !== 'production', this.#options.limits?.handlerTimeout ?? 0)
    this.#fastify.route({
      method: method as HTTPMethods,
      url: urlOf(path),
      config: { rules: rulesOf(options, this.#options.limits) },
      handler: answering(plan, this.#services),
    })
  }
}

type BodyDone = (error: Error | null, body?: unknown) => void

function read(request: IncomingMessage, rules: BodyRules, guard: BodyGuard, done: BodyDone): void {
  try {
    const body = readBody(request, rules, guard)
    if (body instanceof Promise) body.then((value) => done(null, value), done)
    else done(null, body)
  } catch (error) {
    done(error as Error)
  }
}

function rulesOf({ body, bodyLimit, bodyTimeout }: EndpointOptions, limits: RequestLimits = {}): BodyRules {
  const kind = kindOf(body)
  const usualTimeout = kind?.streamed === true ? 0 : (limits.bodyTimeout ?? 30_000)
  return {
    kind,
    limit: bodyLimit ?? limits.bodyLimit ?? 1024 * 1024,
    pace: { timeout: bodyTimeout ?? usualTimeout, minRate: limits.minBodyRate ?? 240 },
  }
}

/** The path in the words of the server underneath. */
function urlOf(path: string): string {
  return `/${parsePath(path)
    .map((segment) => ('text' in segment ? segment.text : segment.rest ? '*' : `:${segment.name}`))
    .join('/')}`
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url
}

function cannotListen(port: number, host: string, cause: NodeJS.ErrnoException): PosthouseError {
  if (cause.code === 'EADDRINUSE')
    return new PosthouseError('port_in_use', `port ${port} on ${host} is in use`, { cause })
  return new PosthouseError('cannot_listen', `cannot listen on ${host} port ${port}: ${reasonOf(cause)}`, { cause })
}

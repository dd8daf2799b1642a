import type { AddressInfo } from 'node:net'
import { PosthouseError, systemClock } from '@posthouse/core'
import type { ClientSocket, WebSocketLike } from '../client/client-socket.ts'
import { type Dependency, depends } from '../dependencies/depends.ts'
import { heldBy, Scope } from '../dependencies/scope.ts'
import { docsRouter } from '../docs/docs-router.ts'
import { standardFormat, sureFormat } from '../problem/problem-response.ts'
import { originReader } from '../request/client-address.ts'
import type { Endpoint } from '../routing/endpoint.ts'
import { isHttpRoute, isSocketRoute, type Route, type Router } from '../routing/router.ts'
import { HttpDoor, type Injected, type InjectOptions } from '../server/http-door.ts'
import type { StaticFolder } from '../server/plugins.ts'
import { type ConnectOptions, connectInMemory, type StreamServer, webSocketInMemory } from '../socket/connect.ts'
import { createSocketDoor, type SocketDoor } from '../socket/door.ts'
import { Background } from './background.ts'
import { type AppOptions, docsOf, environmentOf, infoOf } from './options.ts'
import type { Services } from './services.ts'
import { stderrLogger } from './stderr-logger.ts'

/** Where an app listens. */
export interface ListenOptions {
  /** Default: 8000; 0 for any that is free. */
  readonly port?: number
  /** Default: `127.0.0.1`. */
  readonly host?: string
}

/** What an app does from its start to its stop. */
export class AppLife {
  readonly #router: Router
  readonly #options: AppOptions
  readonly #services: Services
  readonly #ending = new AbortController()
  readonly #stopping = new AbortController()
  readonly http: HttpDoor
  readonly #folders: StaticFolder[] = []
  #sockets: SocketDoor | undefined
  #ready: Promise<void> | undefined
  #draining: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #clean = false

  constructor(router: Router, options: AppOptions) {
    this.#router = router
    this.#options = options
    this.#services = servicesOf(options, this.#ending.signal, this.#stopping.signal)
    this.http = new HttpDoor(this.#services, options)
    this.http.onUpgrade(() => this.#sockets)
    assertLifespan(options.lifespan)
  }

  get sockets(): SocketDoor {
    if (this.#sockets === undefined) throw new PosthouseError('not_connected', 'The app takes sockets after ready()')
    return this.#sockets
  }

  serveFiles(folder: StaticFolder): void {
    this.#folders.push(folder)
  }

  ready(): Promise<void> {
    if (this.#closed !== undefined) throw new PosthouseError('closed', 'The app was stopped and cannot start again')
    this.#ready ??= this.#start()
    return this.#ready
  }

  async listen({ port = 8000, host = '127.0.0.1' }: ListenOptions = {}): Promise<AddressInfo> {
    await this.ready()
    return this.http.listen(port, host)
  }

  async inject(request: string | InjectOptions): Promise<Injected> {
    await this.ready()
    return this.http.inject(request)
  }

  connect(path: string, how: ConnectOptions = {}): Promise<ClientSocket> {
    return connectInMemory(path, how, this.#inMemory)
  }

  webSocket(url: string): WebSocketLike {
    // The types of ws for listeners have events of its own.
    return webSocketInMemory(url, this.#inMemory) as WebSocketLike
  }

  override<Value>(dependency: Dependency<Value>, make: () => Value | Promise<Value>): Disposable {
    const { overrides } = this.#services
    const before = overrides.get(dependency)
    overrides.set(dependency, depends({ scope: dependency.scope }, make))
    return {
      [Symbol.dispose]: () => {
        if (before === undefined) overrides.delete(dependency)
        else overrides.set(dependency, before)
      },
    }
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain()
    return this.#draining
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeInTime()
    return this.#closed
  }

  async #closeInTime(): Promise<void> {
    using end = this.#within(1)
    await this.#close(end.signal)
  }

  get #inMemory(): StreamServer {
    return { ready: () => this.ready(), connection: (stream) => this.http.connection(stream) }
  }

  async #start(): Promise<void> {
    const routes = this.#router.routes()
    this.#sockets = createSocketDoor(routes.filter(isSocketRoute), this.#services, this.#options.sockets)
    await this.http.ready([...routes.filter(isHttpRoute), ...this.#docs(routes)], this.#folders)
    if (this.#options.lifespan !== undefined) await this.#services.scope.use(this.#options.lifespan)
  }

  /** The documents' own routes, of which an app may have declared some itself. */
  #docs(routes: readonly Route[]): Route<Endpoint>[] {
    const docs = docsOf(this.#options)
    if (docs === undefined) return []
    const taken = new Set(routes.map(({ path }) => path))
    const router = docsRouter(docs, infoOf(this.#options), {
      routes: [...routes, ...(docs.also ?? []).flatMap((other) => other.routes())],
      usualErrors: this.#options.sockets?.errorFrame === undefined,
    })
    return router
      .routes()
      .filter(isHttpRoute)
      .filter(({ path }) => !taken.has(path))
  }

  async #drain(): Promise<void> {
    using end = this.#within(1)
    // What is cleaned up afterwards is to have some of the time, too.
    using patience = this.#within(0.9)
    await Promise.race([this.#ready?.catch(() => undefined), aborted(patience.signal)])
    this.#stopping.abort()
    await Promise.all([this.http.drain(patience.signal), this.#sockets?.drain(patience.signal)])
    await Promise.race([this.#services.background.idle(), aborted(patience.signal)])
    this.#closed ??= this.#close(end.signal)
    await this.#closed
  }

  async #close(end: AbortSignal): Promise<void> {
    this.#stopping.abort()
    this.#ending.abort()
    await Promise.all([this.#sockets?.close(), this.http.close()])
    this.#services.background.abort()
    await Promise.race([this.#cleanUp(), aborted(end).then(() => this.#leave())])
  }

  async #cleanUp(): Promise<void> {
    await Promise.all(this.#services.ending)
    await this.#services.scope.end()
    this.#clean = true
  }

  #leave(): void {
    if (!this.#clean) this.#services.log.warn('The app has stopped, but not every dependency was cleaned up in time')
  }

  /** A signal that is aborted after a part of `drainTimeout`. Its timer keeps the process alive, as what is waited for may not. */
  #within(part: number): Disposable & { readonly signal: AbortSignal } {
    const { drainTimeout = 10_000 } = this.#options
    const end = new AbortController()
    const timer = systemClock.after(drainTimeout * part, () => end.abort())
    return { signal: end.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() }
  }
}

function servicesOf(options: AppOptions, signal: AbortSignal, stopping: AbortSignal): Services {
  const { logger: log = stderrLogger, trustProxy = [], formatProblem = standardFormat } = options
  const overrides = new Map<Dependency, Dependency>()
  return {
    env: environmentOf(options.env),
    log,
    overrides,
    scope: new Scope({ holds: heldBy.app, log, requestId: '', signal, overrides }),
    background: new Background(log, options.background),
    originOf: originReader(trustProxy),
    formatProblem: sureFormat(formatProblem, log),
    accessLog: options.accessLog ?? false,
    stopping,
    ending: new Set(),
  }
}

function assertLifespan(lifespan: Dependency | undefined): void {
  if (lifespan === undefined || lifespan.scope === 'app') return
  throw new PosthouseError('invalid_option', `lifespan takes a dependency of the scope app, not ${lifespan.scope}`)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

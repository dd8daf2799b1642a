import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkOptions } from '@posthouse/core/options'
import { type AsyncApiDocument, asyncApiDocument } from '../asyncapi/async-api.ts'
import type { ClientSocket, WebSocketLike } from '../client/client-socket.ts'
import type { Dependency } from '../dependencies/depends.ts'
import { type DocumentInfo, type OpenApiDocument, openApiDocument } from '../docs/open-api.ts'
import { createRouter, isHttpRoute, isSocketRoute, type Router } from '../routing/router.ts'
import type { Injected, InjectOptions } from '../server/http-door.ts'
import { type InMemoryFetch, inMemoryFetch } from '../server/in-memory-fetch.ts'
import type { StaticOptions } from '../server/plugins.ts'
import type { ConnectOptions } from '../socket/connect.ts'
import { AppLife, type ListenOptions } from './app-life.ts'
import { appRules } from './option-rules.ts'
import { type AppOptions, infoOf } from './options.ts'

/** Endpoints that are served. Disposing of it stops at once; `drain` finishes what is under way before. */
export interface App extends Router, AsyncDisposable {
  readonly info: DocumentInfo
  /** Why it cannot run as several processes, where it cannot. */
  readonly oneProcess: string | undefined
  /** The OpenAPI 3.1 document of the endpoints so far. */
  openapi(): OpenApiDocument
  /** The AsyncAPI 3.0 document of its WebSocket endpoints. */
  asyncapi(): AsyncApiDocument
  /** Serves the files of a folder below a path, except those whose name begins with a dot. */
  static(prefix: string, folder: string, options?: StaticOptions): void
  /** Makes the endpoints ready and starts the lifespan. Called by all that serves; calling it again changes nothing. */
  ready(): Promise<void>
  /** Serves on a port and resolves to its address. @throws PosthouseError `port_in_use`, `cannot_listen` */
  listen(options?: ListenOptions): Promise<AddressInfo>
  /** Answers a request without a port. */
  inject(request: string | InjectOptions): Promise<Injected>
  /** Opens a WebSocket without a port. @throws Problem with the status with which it is refused */
  connect(path: string, options?: ConnectOptions): Promise<ClientSocket>
  /** A WebSocket to this app without a port, for `connect` of `createClient`. Of the URL only path and query count. */
  readonly webSocket: (url: string) => WebSocketLike
  /** `fetch` without a port, for clients: `createClient({ getItem }, { baseUrl: 'http://app', fetch: app.fetch })`. */
  readonly fetch: InMemoryFetch
  /** Serves a request of a server that is somebody else's, after `ready`. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  /** Takes an upgrade over where its path is a WebSocket endpoint's, and says whether it did; after `ready`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** True for the path of a WebSocket endpoint; after `ready`. */
  matches(pathname: string): boolean
  /** Has `make` stand in for a dependency until disposed of, for tests. */
  override<Value>(dependency: Dependency<Value>, make: () => Value | Promise<Value>): Disposable
  /** Finishes what is under way, for as long as `drainTimeout`, and stops. */
  drain(): Promise<void>
  /** Stops at once. Dependencies have `drainTimeout` for cleaning up. */
  close(): Promise<void>
}

/**
 * An app to which endpoints are added.
 *
 * @throws PosthouseError `invalid_option`
 * @example
 * const app = createApp({ title: 'Shop', version: '1.0.0' })
 * app.get('/', () => ({ Hello: 'World' }))
 * await app.listen({ port: 8000 })
 */
export function createApp(options: AppOptions = {}): App {
  checkOptions('createApp', options, appRules)
  const { tags = [], dependencies = [], responses = {} } = options
  const router = createRouter({ tags, dependencies, responses })
  const life = new AppLife(router, options)
  return {
    ...router,
    info: infoOf(options),
    oneProcess: options.oneProcess,
    asyncapi: () =>
      asyncApiDocument(router.routes().filter(isSocketRoute), infoOf(options), {
        usualErrors: options.sockets?.errorFrame === undefined,
      }),
    openapi: () => openApiDocument(router.routes().filter(isHttpRoute), infoOf(options)),
    static: (prefix, folder, how) => life.serveFiles({ ...how, prefix, folder }),
    ready: () => life.ready(),
    listen: (where) => life.listen(where),
    inject: (request) => life.inject(request),
    fetch: inMemoryFetch((request) => life.inject(request)),
    connect: (path, how) => life.connect(path, how),
    webSocket: (url) => life.webSocket(url),
    handleRequest: (request, response) => life.http.handle(request, response),
    handleUpgrade: (request, socket, head) => life.sockets.handleUpgrade(request, socket, head),
    matches: (pathname) => life.sockets.matches(pathname),
    override: (dependency, make) => life.override(dependency, make),
    drain: () => life.drain(),
    close: () => life.close(),
    [Symbol.asyncDispose]: () => life.close(),
  }
}

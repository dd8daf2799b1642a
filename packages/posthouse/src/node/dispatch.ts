import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { PosthouseError } from '@posthouse/core'
import type { App } from '@posthouse/web'
import type { Door } from './door.ts'
import { refuseRebound } from './local-host.ts'
import type { RequestMetrics } from './metrics/request-metrics.ts'
import { Paths } from './paths.ts'

/** What there is to hand requests to. */
export interface DispatchOptions {
  /** The endpoints of the node. */
  readonly own: App
  /** Paths of `own` besides those of its endpoints. */
  readonly ownPaths: readonly string[]
  /** What answers everything that is not the node's; `own` where there is none. */
  readonly app: App | undefined
  readonly doors: readonly Door[]
  readonly requests: RequestMetrics
  /** Whether a request goes by a name that this node does not have. */
  readonly isRebound: (request: IncomingMessage) => boolean
}

/** Hands the requests and sockets of one server over to those that they are for, by path. */
export class Dispatch {
  readonly #own: App
  readonly #app: App | undefined
  readonly #ownPaths: Paths<true>
  readonly #metrics: RequestMetrics
  readonly #isRebound: DispatchOptions['isRebound']
  readonly #requests: Paths<{ readonly name: string } & Pick<NonNullable<Door['requests']>, 'handle'>>
  readonly #upgrades: Paths<NonNullable<Door['upgrade']>>

  constructor({ own, ownPaths, app, doors, requests: metrics, isRebound }: DispatchOptions) {
    this.#isRebound = isRebound
    this.#own = own
    this.#metrics = metrics
    this.#app = app
    const taken = [...own.routes().map(({ path }) => path.replace(/\{.*$/s, '*')), ...ownPaths]
    this.#ownPaths = new Paths(taken.filter((path) => !yields(path, app)).map((path) => [path, true]))
    this.#requests = new Paths(
      doors.flatMap(({ name, requests }) => {
        if (requests === undefined) return []
        const door = { name, handle: requests.handle.bind(requests) }
        return [requests.path].flat().map((path) => [path, door] as const)
      }),
    )
    this.#upgrades = new Paths(doors.flatMap(({ upgrade }) => (upgrade ? [[upgrade.path, upgrade] as const] : [])))
    this.#assertFree(app)
  }

  /** True for requests and sockets that are the node's, or its app's. */
  matches(request: IncomingMessage): boolean {
    const path = pathOf(request)
    const own = this.#ownPaths.find(path) ?? this.#requests.find(path) ?? this.#upgrades.find(path)
    return own !== undefined || this.#app !== undefined
  }

  /** Has a request answered. */
  request(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request)
    const door = this.#requests.find(path)
    const app = this.#app === undefined || this.#ownPaths.find(path) ? this.#own : this.#app
    this.#metrics.watch(door?.name ?? (app === this.#own ? 'api' : 'app'), response)
    if ((door !== undefined || app === this.#own) && this.#isRebound(request)) refuseRebound(response)
    else if (door !== undefined) door.handle(request, response)
    else app.handleRequest(request, response)
  }

  /** True where a WebSocket may be opened. Whatever else asks to upgrade may be answered as if it had not. */
  isUpgrade(request: IncomingMessage): boolean {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return false
    const path = pathOf(request)
    // A page of a name that was made to point here is of the same host, as far as a library can tell.
    const mayOpen = request.headers.origin === undefined || !this.#isRebound(request)
    if (this.#upgrades.find(path) !== undefined || this.#own.matches(path)) return mayOpen
    return this.#app?.matches(path) ?? false
  }

  /** Takes a socket over, and says whether anybody wanted it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const door = this.#upgrades.find(pathOf(request))
    if (door === undefined) {
      return (
        this.#own.handleUpgrade(request, socket, head) || (this.#app?.handleUpgrade(request, socket, head) ?? false)
      )
    }
    door.handle(request, socket, head)
    return true
  }

  /** An endpoint that nobody ever reaches would be missed late. @throws PosthouseError `invalid_option` */
  #assertFree(app: App | undefined): void {
    for (const { path, endpoint } of app?.routes() ?? []) {
      if ((this.#ownPaths.find(path) ?? this.#requests.find(path) ?? this.#upgrades.find(path)) === undefined) continue
      const isSocket = endpoint.kind === 'socket'
      if (path === '/' && !isSocket) continue
      const what = isSocket ? `a WebSocket at ${path}` : path
      throw new PosthouseError('invalid_option', `the app cannot have ${what}: the node has it itself`)
    }
  }
}

/** The page of the node makes room for one of the app. */
function yields(path: string, app: App | undefined): boolean {
  const isPage = ({ path: at, endpoint }: ReturnType<App['routes']>[number]): boolean =>
    at === '/' && endpoint.kind !== 'socket'
  return path === '/' && app !== undefined && app.routes().some(isPage)
}

/** Answers a socket that nobody wants. Only a Node that does not ask before, that is one older than 24.9, has any. */
export function refuseSocket(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  // A peer that keeps its side open would otherwise hold the server open when it closes.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 404 ${STATUS_CODES[404]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?')
  return mark === -1 ? url : url.slice(0, mark)
}

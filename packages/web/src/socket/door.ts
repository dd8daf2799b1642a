import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '@posthouse/core'
import type { Services } from '../app/services.ts'
import { problem } from '../problem/problem.ts'
import { problemResponse, toProblem } from '../problem/problem-response.ts'
import { RawView } from '../request/raw-view.ts'
import { requestIdOf } from '../request/request-id.ts'
import type { Route } from '../routing/router.ts'
import { Conversation, type ConversationParts } from './conversation.ts'
import type { SocketEndpoint } from './endpoint.ts'
import { type ErrorFrameFormat, errorFrame } from './error-frame.ts'
import { readHandshake } from './handshake.ts'
import { refuse } from './refusal.ts'
import type { SocketLimits } from './socket-limits.ts'
import { type SocketRoute, socketRoute } from './socket-route.ts'
import { SocketRoutes } from './socket-routes.ts'
import type { Upgrade } from './upgrader.ts'

/** What the WebSocket endpoints of an app have in common. All of it is optional. */
export interface SocketSettings {
  /** What one connection may cost. Default: `defaultSocketLimits`. */
  readonly limits?: SocketLimits
  /** Origins whose pages may open WebSockets besides those of the same host, such as `https://app.example`; `*` for all. */
  readonly origins?: readonly string[]
  /** Makes what a peer is told of a message that is refused. Default: `{ status, message, code, errors }`. */
  readonly errorFrame?: ErrorFrameFormat
  /** What connections are closed with when the app stops: 1001 going away, or 1012 where it starts again. Default 1001. */
  readonly stopCode?: 1001 | 1012
  /** Where its times come from. Default: the clock of the machine. */
  readonly clock?: Clock
}

/** How long a handler has to notice that its connection was cut. */
const noticeMs = 1000

/** Lets WebSocket connections in to their endpoints. */
export interface SocketDoor {
  /** True for the path of an endpoint. */
  matches(pathname: string): boolean
  /** True where the path belongs to an endpoint; then the socket is taken care of, whatever becomes of it. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Asks every connection to go, and resolves when they have gone or `signal` is aborted. */
  drain(signal: AbortSignal): Promise<void>
  /** Cuts what is left, and resolves when the handlers have noticed; one that does not within a second is left behind. */
  close(): Promise<void>
}

/** The door of these endpoints. @throws PosthouseError `invalid_option` */
export function createSocketDoor(
  routes: readonly Route<SocketEndpoint>[],
  services: Services,
  settings: SocketSettings = {},
): SocketDoor {
  return new Door(routes, services, settings)
}

class Door implements SocketDoor {
  readonly #routes: SocketRoutes
  readonly #services: Services
  readonly #parts: ConversationParts
  readonly #stopCode: number
  readonly #conversations = new Map<Conversation, Promise<void>>()
  #open = true

  constructor(routes: readonly Route<SocketEndpoint>[], services: Services, settings: SocketSettings) {
    const { clock = systemClock, errorFrame: frame = errorFrame, stopCode = 1001, limits, origins } = settings
    this.#services = services
    this.#parts = { services, clock, frame }
    this.#stopCode = stopCode
    this.#routes = new SocketRoutes(routes.map((route) => socketRoute(route, { env: services.env, limits, origins })))
  }

  matches(pathname: string): boolean {
    return this.#routes.find(pathname) !== undefined
  }

  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    const found = this.#routes.find(pathnameOf(request))
    if (found === undefined) return false
    // Without a listener, a peer that resets the connection during the handshake would end the process.
    stream.on('error', destroy)
    this.#enter(found.route, { request, stream, head }, found.params)
    return true
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#open = false
    const gone = [...this.#conversations].map(async ([conversation, run]) => {
      await conversation.leave(this.#stopCode, 'The server is shutting down')
      await run
    })
    const late = Promise.withResolvers<void>()
    if (signal.aborted) return
    signal.addEventListener('abort', () => late.resolve(), { once: true })
    await Promise.race([Promise.all(gone), late.promise])
  }

  async close(): Promise<void> {
    this.#open = false
    for (const conversation of this.#conversations.keys()) conversation.terminate()
    const late = Promise.withResolvers<'late'>()
    using _notice = this.#parts.clock.after(noticeMs, () => late.resolve('late'))
    const outcome = await Promise.race([Promise.all(this.#conversations.values()), late.promise])
    if (outcome === 'late') {
      const handlers = this.#conversations.size
      this.#services.log.warn('Handlers of WebSockets go on although their connections were cut', { handlers })
    }
  }

  #enter(route: SocketRoute, upgrade: Upgrade, params: Readonly<Record<string, string>>): void {
    const requestId = requestIdOf(upgrade.request)
    const request = new RawView(upgrade.request, params, this.#services.originOf)
    try {
      if (!this.#open) throw problem(503, 'The server is shutting down', { headers: { 'retry-after': '5' } })
      const offered = readHandshake(upgrade.request)
      route.checkOrigin(request)
      const conversation = new Conversation(this.#parts, { route, upgrade, request, requestId, offered })
      const run = conversation.run().then(() => void this.#conversations.delete(conversation))
      this.#conversations.set(conversation, run)
    } catch (error) {
      refuse(upgrade.stream, problemResponse(toProblem(error), requestId, this.#services.formatProblem))
    }
  }
}

/**
 * A function of its own: one inside `handleUpgrade` would keep the request with all its headers for as long as the
 * socket.
 */
function destroy(this: Duplex): void {
  this.destroy()
}

function pathnameOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?')
  return mark === -1 ? url : url.slice(0, mark)
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@posthouse/core'
import { jsonHubCodec } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import type { Admission } from '../limits/admission.ts'
import type { Tally } from '../stats/tally.ts'
import type { HubCodec } from './hub-codec.ts'
import type { HubSocket } from './hub-socket.ts'
import { isLoopback } from './listen.ts'
import { openingAnswer, type Refusal, readOpening, refusalAnswer } from './web-socket/handshake.ts'
import { ServerSocket } from './web-socket/server-socket.ts'

const codecs: ReadonlyMap<string, HubCodec> = new Map(
  [jsonHubCodec, msgpackHubCodec].map((codec) => [codec.subprotocol, codec]),
)
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Longest message of somebody who has yet to prove who it is, in bytes: a hello, however long its token. Spec: 10.2.4. */
const strangerBytes = 131_072

/** What a door needs. */
export interface DoorOptions {
  /** Largest WebSocket message of any dialect, in bytes. */
  readonly frameBytes: number
  /** Clients must say who they are. */
  readonly guarded: boolean
  readonly allowedOrigins: ReadonlySet<string>
  readonly tally: Tally
  readonly logger: Logger
  readonly admission: Admission
  /** An upgraded connection, with the codec of its subprotocol where one was agreed on. */
  readonly onSocket: (socket: HubSocket, request: IncomingMessage, codec: HubCodec | undefined) => void
}

/** Turns HTTP upgrade requests into WebSocket connections, or refuses them with a reason. */
export class Door {
  readonly #options: DoorOptions
  #open = true

  constructor(options: DoorOptions) {
    this.#options = options
  }

  /** From now on every request is refused with 503. */
  close(): void {
    this.#open = false
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a peer that resets the connection during the handshake would end the process.
    socket.on('error', destroy)
    const opening = this.#refusal(request) ?? readOpening(request)
    if ('status' in opening) {
      this.#refuse(request, socket, opening)
      return
    }
    // A peer that has hung up already needs no answer.
    if (!socket.readable || !socket.writable) {
      socket.destroy()
      return
    }
    const subprotocol = opening.offered.find((name) => codecs.has(name))
    socket.write(openingAnswer(opening, subprotocol))
    socket.off('error', destroy)
    // The peers refuse what is too large in their dialect, with a reason. Far beyond that the socket does (1009).
    const known = this.#options.frameBytes * 2
    const stranger = this.#options.guarded ? Math.min(strangerBytes, known) : known
    const upgraded = new ServerSocket(socket, head, { stranger, known })
    this.#options.onSocket(upgraded, request, subprotocol === undefined ? undefined : codecs.get(subprotocol))
  }

  #refusal(request: IncomingMessage): Refusal | undefined {
    if (!this.#open) {
      return { status: '503 Service Unavailable', reason: 'The hub is shutting down.', retryAfterS: 5 }
    }
    const { origin } = request.headers
    if (origin !== undefined && !this.#allowed(origin, request)) {
      return { status: '403 Forbidden', reason: `Origin ${JSON.stringify(origin.slice(0, 200))} may not connect.` }
    }
    return this.#options.admission.refusal(request.socket.remoteAddress)
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    const { tally, logger } = this.#options
    const { status, reason } = refusal
    tally.turnedAway.add(status.slice(0, 3))
    logger.warn('a connection is turned away', { remote: remoteOf(request), status, reason })
    // A peer that keeps its side open would otherwise hold the server open when it closes.
    socket.once('finish', () => socket.destroy())
    socket.end(refusalAnswer(refusal))
  }

  /**
   * Programs send no Origin. A browser does, and any page that its user opens could otherwise talk to a local hub. That
   * the Origin is the hub's own host proves nothing on a loopback address: a foreign name can be made to point there.
   */
  #allowed(origin: string, request: IncomingMessage): boolean {
    if (this.#options.allowedOrigins.has(origin) || this.#options.allowedOrigins.has('*')) return true
    if (!URL.canParse(origin)) return false
    const url = new URL(origin)
    if (loopbackHosts.has(url.hostname)) return true
    return url.host === request.headers.host && !isLoopback(request.socket.localAddress ?? '127.0.0.1')
  }
}

/**
 * A function of its own: one inside `handleUpgrade` would keep the request with all its headers for as long as the
 * socket.
 */
function destroy(this: Duplex): void {
  this.destroy()
}

/** Where a request comes from, for logs. */
export function remoteOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
}

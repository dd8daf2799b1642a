import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { jsonHubCodec } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Tally } from '../stats/tally.ts'
import type { HubCodec } from './hub-codec.ts'
import { isLoopback } from './listen.ts'

const codecs: ReadonlyMap<string, HubCodec> = new Map(
  [jsonHubCodec, msgpackHubCodec].map((codec) => [codec.subprotocol, codec]),
)
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What a door needs. */
export interface DoorOptions {
  /** Largest WebSocket message of any dialect, in bytes. */
  readonly frameBytes: number
  readonly allowedOrigins: ReadonlySet<string>
  readonly tally: Tally
  /** An upgraded connection, with the codec of its subprotocol where one was agreed on. */
  readonly onSocket: (socket: WebSocket, request: IncomingMessage, codec: HubCodec | undefined) => void
}

/** Turns HTTP upgrade requests into WebSocket connections, or refuses them with a reason. */
export class Door {
  readonly #options: DoorOptions
  readonly #server: WebSocketServer
  #open = true

  constructor(options: DoorOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // The peers refuse what is too large in their dialect, with a reason. Far beyond that the library cuts in (1009).
      maxPayload: options.frameBytes * 2,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered].find((name) => codecs.has(name)) ?? false,
    })
  }

  /** From now on every request is refused with 503. */
  close(): void {
    this.#open = false
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a peer that resets the connection during the handshake would end the process.
    socket.on('error', destroy)
    if (!this.#open) {
      this.#refuse(socket, '503 Service Unavailable', 'The hub is shutting down.')
      return
    }
    const { origin } = request.headers
    if (origin !== undefined && !this.#allowed(origin, request)) {
      this.#refuse(socket, '403 Forbidden', `Origin ${JSON.stringify(origin.slice(0, 200))} may not connect.`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (upgraded) => {
      this.#options.onSocket(upgraded, request, codecs.get(upgraded.protocol))
    })
  }

  #refuse(socket: Duplex, status: string, reason: string): void {
    this.#options.tally.turnedAway.add(status.slice(0, 3))
    refuse(socket, status, reason)
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

/** A function of its own: one inside `handleUpgrade` would keep the request with all its headers for as long as the socket. */
function destroy(this: Duplex): void {
  this.destroy()
}

function refuse(socket: Duplex, status: string, reason: string): void {
  const body = `${reason}\n`
  // A peer that keeps its side open would otherwise hold the server open when it closes.
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerToken, type Clock, toPosthouseError } from '@posthouse/core'
import { aText, checkOptions, either, finiteAboveZero, listOf, oneOf, type Rules } from '@posthouse/core/options'
import { Server, type Socket } from 'socket.io'
import { Belief } from '../access/belief.ts'
import type { Caller } from '../access/caller.ts'
import type { Callers } from '../access/callers.ts'
import type { CallDesk } from '../call/call-desk.ts'
import { CallSocket } from './call-socket.ts'
import type { CallerSockets } from './caller-sockets.ts'
import { watchConnection } from './connection-watch.ts'
import { isOriginAllowed, type Origins } from './origins.ts'

/** Settings of a Socket.IO door. */
export interface SocketDoorOptions {
  /** Its path. Default `/socket.io/`. */
  readonly path?: string | undefined
  /** How often a silent peer is pinged, in milliseconds. Default 5,000, as in document 000's server. */
  readonly pingIntervalMs?: number | undefined
  /** How long it may take to answer a ping, in milliseconds. Default 10,000. */
  readonly pingTimeoutMs?: number | undefined
  /** Origins whose pages may connect, besides those of the same host and, on a loopback address, of this computer. Default: none. */
  readonly origins?: Origins | undefined
}

const rules: Rules<SocketDoorOptions> = {
  path: aText,
  pingIntervalMs: finiteAboveZero,
  pingTimeoutMs: finiteAboveZero,
  origins: either(oneOf('any'), listOf('origins', aText)),
}

/** What a door opens to. */
export interface SocketDoorParts {
  readonly desk: CallDesk
  readonly callers: Callers
  readonly sockets: CallerSockets
  readonly payloadBytes: number
  readonly clock: Clock
}

/** A message that is so many times larger than a call may be ends its connection; below that it is answered. */
const spareFactor = 16
/** Answers that take so many times more may wait for a peer that does not read. */
const waitingFactor = 128

/** The door for Socket.IO: polling and WebSocket, on somebody else's server. */
export class SocketDoor {
  readonly #server: Server
  /** Callers found out at the handshake, until their connection begins. */
  readonly #admitted = new WeakMap<Socket, Caller>()
  readonly #parts: SocketDoorParts

  /** @throws PosthouseError `invalid_option` */
  constructor(parts: SocketDoorParts, options: SocketDoorOptions = {}) {
    checkOptions('socketDoor', options, rules)
    const { path = '/socket.io/', pingIntervalMs = 5000, pingTimeoutMs = 10_000, origins } = options
    this.#parts = parts
    const eventBytes = parts.payloadBytes * spareFactor
    const waitingBytes = parts.payloadBytes * waitingFactor
    this.#server = new Server({
      path,
      pingInterval: pingIntervalMs,
      pingTimeout: pingTimeoutMs,
      maxHttpBufferSize: eventBytes,
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      cors: { origin: true, methods: ['GET', 'POST'] },
      allowRequest: ({ headers: { origin, host } }, decide) => decide(null, isOriginAllowed(origin, host, origins)),
    })
    // Without a server it has no engine; this one never listens.
    this.#server.attach(createServer())
    this.#server.engine.on('connection', (connection: Socket['conn']) => {
      watchConnection(connection, { eventBytes, waitingBytes })
    })
    this.#server.use((socket, next) => void this.#admit(socket, next))
    this.#server.on('connection', (socket) => this.#connect(socket))
  }

  /** Sockets that are connected. */
  get size(): number {
    return this.#server.sockets.sockets.size
  }

  /** Answers a request of the polling transport. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#server.engine.handleRequest(request, response)
  }

  /** Takes a WebSocket. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.engine.handleUpgrade(request, socket, head)
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#server.disconnectSockets(true)
    await this.#server.close()
  }

  async #admit(socket: Socket, next: (error?: Error) => void): Promise<void> {
    try {
      this.#admitted.set(socket, await this.#identify(socket))
      next()
    } catch (cause) {
      const { code, message, facts } = toPosthouseError(cause)
      // Socket.IO tells the client the message and the data.
      next(Object.assign(new Error(message), { data: { code, message, retry: facts.retry } }))
    }
  }

  #identify({ handshake: { auth, headers, address } }: Socket): Caller | Promise<Caller> {
    const token = textOf(auth.token) ?? bearerToken(headers.authorization)
    const credentials = { token, remoteAddress: address.replace(/^::ffff:/, '') }
    return this.#parts.callers.of(credentials, textOf(auth.caller))
  }

  #connect(socket: Socket): void {
    const caller = this.#admitted.get(socket)
    if (caller === undefined) {
      socket.disconnect(true)
      return
    }
    const { desk, sockets, payloadBytes, clock } = this.#parts
    const { posthouse, caller: secret } = socket.handshake.auth
    const known = caller.name !== undefined || textOf(secret) !== undefined
    const belief = new Belief(caller, () => this.#identify(socket), clock)
    void new CallSocket(socket, { desk, sockets, payloadBytes, belief, ours: posthouse === 1, known })
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

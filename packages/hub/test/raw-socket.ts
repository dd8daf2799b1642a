import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type ClientOptions, type RawData, WebSocket } from 'ws'
import { Arrivals } from './arrivals.ts'

/** How a connection ended. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** How a socket is opened. */
export interface RawSocketOptions extends ClientOptions {
  readonly subprotocols?: readonly string[]
}

/** One WebSocket message. */
export interface RawMessage {
  readonly data: Buffer
  readonly binary: boolean
}

/** A bare WebSocket to a hub: it says what the test tells it to and understands nothing. Dispose cuts it. */
export class RawSocket implements AsyncDisposable {
  readonly socket: WebSocket
  readonly messages: Arrivals<RawMessage> = new Arrivals('a WebSocket message')
  /** The payloads of pings that came. */
  readonly pings: Arrivals<string> = new Arrivals('a ping')
  readonly #closed: Promise<Closed>

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data, binary) => this.messages.push({ data: toBuffer(data), binary }))
    socket.on('ping', (payload) => this.pings.push(String(payload)))
    // What the hub does about an error shows in the close.
    socket.on('error', () => undefined)
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.messages.end(`the connection was closed with ${code} ${reason}`)
        resolve({ code, reason: String(reason) })
      })
    })
  }

  /** Connects; rejects where the hub does not let it in. */
  static async open(url: string, { subprotocols = [], ...options }: RawSocketOptions = {}): Promise<RawSocket> {
    const socket = new WebSocket(url, [...subprotocols], { perMessageDeflate: false, ...options })
    const raw = new RawSocket(socket)
    await once(socket, 'open')
    return raw
  }

  /** Sends a text message for a string, a binary one for bytes. */
  send(message: string | Uint8Array): void {
    this.socket.send(message, { binary: typeof message !== 'string' })
  }

  /** Takes the next text message. */
  async text(): Promise<string> {
    return String((await this.messages.take()).data)
  }

  /** Stops reading from the TCP connection: the operating systems' buffers fill, then the hub's. */
  stall(): void {
    tcpOf(this.socket).pause()
  }

  /** Reads on. */
  unstall(): void {
    tcpOf(this.socket).resume()
  }

  /** Writes bytes past the WebSocket library. */
  raw(bytes: Uint8Array): void {
    tcpOf(this.socket).write(bytes)
  }

  /** Closes in good order and waits for the answer. */
  close(code: number = 1000, reason: string = ''): Promise<Closed> {
    this.socket.close(code, reason)
    return this.#closed
  }

  /** Cuts the TCP connection and waits until it is gone. */
  cut(): Promise<Closed> {
    this.socket.terminate()
    return this.#closed
  }

  /** Resolves when the connection has ended, from either side. */
  closed(): Promise<Closed> {
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}

/** The TCP socket, which ws keeps in a field that its types do not name. */
function tcpOf(socket: WebSocket): Socket {
  const { _socket: tcp } = socket as WebSocket & { readonly _socket: Socket }
  return tcp
}

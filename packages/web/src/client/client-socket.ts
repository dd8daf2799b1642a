import { PosthouseError } from '@posthouse/core'
import { MessageQueue, type RawMessage } from '../socket/message-queue.ts'
import type { SocketEnd } from '../socket/wire.ts'

/** What is needed of a WebSocket: that of browsers and of Node, and the class of `ws`, have it. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly protocol: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

/** Which messages are JSON values; the others are text and bytes. */
export interface JsonDirections {
  readonly sent: boolean
  readonly received: boolean
}

/** How long a message may be waited for. */
export interface ReceiveOptions {
  readonly signal?: AbortSignal
}

/** What a client holds back of what the server sends. */
const bounds = { messages: 10_000, bytes: 64 * 1024 * 1024 }

const connecting = 0
const open = 1

/**
 * The client's end of a WebSocket. `Sent` are its messages and `Received` those of the server: JSON values where the
 * endpoint has schemas, text and bytes where it has none.
 */
export class ClientSocket<Sent = RawMessage, Received = RawMessage>
  implements AsyncIterable<Received>, AsyncDisposable
{
  readonly #socket: WebSocketLike
  readonly #json: JsonDirections
  readonly #queue: MessageQueue
  readonly #opened = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<SocketEnd>()
  #end: SocketEnd | undefined

  /** @param json which messages are JSON values */
  constructor(socket: WebSocketLike, json: JsonDirections) {
    this.#socket = socket
    this.#json = json
    this.#queue = new MessageQueue(bounds, {
      onFull: () => socket.close(4008, 'too many messages wait to be received'),
      onRoom: () => undefined,
    })
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => this.#opened.resolve())
    socket.addEventListener('message', ({ data }) => this.#queue.push(toMessage(data)))
    socket.addEventListener('error', () => this.#opened.reject(refused()))
    socket.addEventListener('close', ({ code, reason }) => this.#closed({ code, reason }))
    // Who closes without ever having waited for it to open is not to end the process.
    this.#opened.promise.catch(() => undefined)
  }

  /** Resolves when messages can be sent. @throws PosthouseError `upgrade_refused` */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** True while messages can be sent. */
  get open(): boolean {
    return this.#socket.readyState === open
  }

  /** The subprotocol that was agreed on. */
  get subprotocol(): string | undefined {
    return this.#socket.protocol || undefined
  }

  /** Resolves when the connection has ended, from either side. */
  get closed(): Promise<SocketEnd> {
    return this.#ended.promise
  }

  /** Sends a message of the endpoint. @throws PosthouseError `socket_closed` */
  async send(message: Sent): Promise<void> {
    await this.#send(this.#json.sent ? JSON.stringify(message) : (message as RawMessage))
  }

  /** @throws PosthouseError `socket_closed` */
  async sendText(text: string): Promise<void> {
    await this.#send(text)
  }

  /** @throws PosthouseError `socket_closed` */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#send(bytes)
  }

  /** @throws PosthouseError `socket_closed` */
  async sendJson(value: unknown): Promise<void> {
    await this.#send(JSON.stringify(value))
  }

  /** The server's next message. @throws PosthouseError `socket_closed`, `aborted`, `invalid_json` */
  async receive({ signal }: ReceiveOptions = {}): Promise<Received> {
    return this.#read(await this.#receive(signal))
  }

  /** @throws PosthouseError `socket_closed`, `aborted`, `invalid_body` where bytes come */
  async receiveText({ signal }: ReceiveOptions = {}): Promise<string> {
    const message = await this.#receive(signal)
    if (typeof message === 'string') return message
    throw new PosthouseError('invalid_body', 'bytes came where a text was expected')
  }

  /** @throws PosthouseError `socket_closed`, `aborted`, `invalid_body` where a text comes */
  async receiveBytes({ signal }: ReceiveOptions = {}): Promise<Uint8Array> {
    const message = await this.#receive(signal)
    if (typeof message !== 'string') return message
    throw new PosthouseError('invalid_body', 'a text came where bytes were expected')
  }

  /** The value of the next JSON text. The caller says what it is. @throws PosthouseError as `receiveText`, `invalid_json` */
  async receiveJson<Value = unknown>(options: ReceiveOptions = {}): Promise<Value> {
    return parse(await this.receiveText(options)) as Value
  }

  /** Closes, and resolves when the server has answered. Codes are 1000 and 3000 to 4999. */
  async close(code: number = 1000, reason: string = ''): Promise<SocketEnd> {
    if (this.#socket.readyState <= open) this.#socket.close(code, reason)
    return this.#ended.promise
  }

  [Symbol.asyncIterator](): AsyncIterator<Received, undefined> {
    return {
      next: async () => {
        const message = await this.#queue.take()
        return message === undefined ? { done: true, value: undefined } : { done: false, value: this.#read(message) }
      },
      return: async () => ({ done: true, value: undefined }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #send(message: RawMessage): Promise<void> {
    if (this.#socket.readyState === connecting) await this.opened
    if (!this.open) throw this.#gone()
    // WebSockets of browsers take no bytes of shared memory, of which a plain view gives no sign in its type.
    this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
  }

  async #receive(signal: AbortSignal | undefined): Promise<RawMessage> {
    const message = await this.#queue.take(signal)
    if (message === undefined) throw this.#gone()
    return message
  }

  #read(message: RawMessage): Received {
    // What the endpoint declares that it sends.
    return (this.#json.received && typeof message === 'string' ? parse(message) : message) as Received
  }

  #closed(end: SocketEnd): void {
    this.#end = end
    this.#opened.reject(refused())
    this.#queue.end(false)
    this.#ended.resolve(end)
  }

  #gone(): PosthouseError {
    const { code, reason } = this.#end ?? { code: 1006, reason: '' }
    return new PosthouseError('socket_closed', `the WebSocket has ended with ${code}${reason && ` (${reason})`}`)
  }
}

function toMessage(data: unknown): RawMessage {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return String(data)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PosthouseError('invalid_json', 'the server sent a text that is not JSON', { cause })
  }
}

function refused(): PosthouseError {
  return new PosthouseError('upgrade_refused', 'the server could not be reached or did not open the WebSocket')
}

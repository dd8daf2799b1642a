import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { messagesOf, type ServerFrame } from './server-frames.ts'

/** A TCP connection that says what it is told to. Dispose cuts it. */
export class RawTcp implements Disposable {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  #ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#ended = true
    })
  }

  static async connect(port: number): Promise<RawTcp> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawTcp(socket)
  }

  /** Connects and shakes hands. */
  static async open(port: number, path: string = '/'): Promise<RawTcp> {
    const tcp = await RawTcp.connect(port)
    tcp.socket.write(request({}, `GET ${path} HTTP/1.1`))
    await tcp.head()
    return tcp
  }

  /** Takes an HTTP answer up to the end of its head. */
  async head(): Promise<string> {
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end >= 0) {
        const head = this.#bytes.subarray(0, end).toString()
        this.#bytes = this.#bytes.subarray(end + 4)
        return head
      }
      await this.#more()
    }
  }

  /** Takes the frames up to the end of the TCP connection, which the server must be the one to end. */
  async frames(): Promise<ServerFrame[]> {
    if (!this.socket.readableEnded) await once(this.socket, 'end')
    return messagesOf(this.#bytes)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.#bytes.toString())}`)
    await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
  }
}

/** The key of the example in RFC 6455, section 1.3, whose answer is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ=='

/** A request for a WebSocket, with some of its headers changed; an empty one is left out. */
export function request(changed: Readonly<Record<string, string>> = {}, line: string = 'GET / HTTP/1.1'): string {
  const headers: Record<string, string> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': sampleKey,
    ...changed,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]))
  return `${line}\r\n${lines.join('\r\n')}\r\n\r\n`
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** `up` is what the client says, `down` what the server says. */
export type Direction = 'up' | 'down'

interface Pair {
  readonly client: Socket
  readonly server: Socket
  readonly stranded: Set<Direction>
}

/** A line between a client and a server that can be cut, slowed down, or left standing as if nothing had happened. */
export class FaultProxy implements AsyncDisposable {
  /** How long the bytes that come by are held up, in milliseconds; what comes after them stays behind them. */
  delayMs = 0
  /** Takes new connections and does nothing with them. */
  deaf = false
  #target: number
  readonly #pairs = new Set<Pair>()
  readonly #seen: Record<Direction, () => void> = { up: () => undefined, down: () => undefined }
  #server: Server
  #port = 0

  private constructor(target: number) {
    this.#target = target
    this.#server = this.#serve()
  }

  /** @param target the port of the server. */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    await proxy.open()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** What the connections that there are say in these directions is lost from now on, and nobody hears of it. */
  strand(...directions: readonly Direction[]): this {
    for (const { stranded } of this.#pairs) for (const each of directions) stranded.add(each)
    return this
  }

  /** Resolves when the next bytes of a direction come by, whatever becomes of them. */
  next(direction: Direction): Promise<void> {
    return new Promise((resolve) => {
      this.#seen[direction] = resolve
    })
  }

  /** Resets every connection. */
  reset(): this {
    for (const { client, server } of [...this.#pairs]) {
      cut(client)
      cut(server)
    }
    return this
  }

  /** Takes connections, at the same port as before. */
  async open(target: number = this.#target): Promise<void> {
    this.#target = target
    this.#server = this.#serve()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Resets every connection and refuses new ones. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    this.reset()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #serve(): Server {
    return createServer((client) => {
      const server = connect(this.#target, '127.0.0.1')
      const pair = { client, server, stranded: new Set<Direction>(this.deaf ? ['up', 'down'] : []) }
      this.#pairs.add(pair)
      this.#forward(pair, 'up')
      this.#forward(pair, 'down')
      for (const socket of [client, server]) {
        socket.setNoDelay(true)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          this.#pairs.delete(pair)
          client.destroy()
          server.destroy()
        })
      }
    })
  }

  #forward({ client, server, stranded }: Pair, direction: Direction): void {
    const [from, to] = direction === 'up' ? [client, server] : [server, client]
    let held: Promise<void> | undefined
    const holdUp = async (before: Promise<void> | undefined, bytes: Buffer, ms: number): Promise<void> => {
      await before
      await setTimeout(ms)
      if (to.writable) to.write(bytes)
    }
    from.on('data', (bytes) => {
      if (!stranded.has(direction)) {
        if (this.delayMs === 0 && held === undefined) to.write(bytes)
        else held = holdUp(held, bytes, this.delayMs)
      }
      this.#seen[direction]()
    })
    from.on('end', () => stranded.has(direction) || to.end())
  }
}

/** Resets the connection. One that is saying its end is only closed: Node fails to reset it, and then never ends the process. */
function cut(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}

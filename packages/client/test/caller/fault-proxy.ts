import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** `up` is what the client says, `down` what the server says. */
export type Direction = 'up' | 'down'

/** What a proxy does with the bytes of one direction. */
export type Treatment = 'pass' | 'drop' | { readonly delayMs: number }

/** A line between a client and a server that can be cut, slowed down, or left standing as if nothing had happened. */
export class FaultProxy implements AsyncDisposable {
  readonly #target: number
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>()
  readonly #treatment: Record<Direction, Treatment> = { up: 'pass', down: 'pass' }
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

  /** How many connections there are. */
  get size(): number {
    return this.#pairs.size
  }

  /** From now on, also for the connections that there are. What is dropped is lost: nobody hears of it. */
  treat(direction: Direction, treatment: Treatment): this {
    this.#treatment[direction] = treatment
    return this
  }

  /** Resolves when the next bytes of a direction come by, whatever becomes of them. */
  next(direction: Direction): Promise<void> {
    return new Promise((resolve) => (this.#seen[direction] = resolve))
  }

  /** Resets every connection. */
  reset(): this {
    for (const pair of [...this.#pairs]) for (const socket of pair) socket.resetAndDestroy()
    return this
  }

  /** Takes connections again, at the same port. */
  async open(): Promise<void> {
    this.#server = this.#serve()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Resets every connection and refuses new ones. */
  async close(): Promise<void> {
    this.reset()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #serve(): Server {
    return createServer((client) => {
      const server = connect(this.#target, '127.0.0.1')
      const pair = [client, server] as const
      this.#pairs.add(pair)
      this.#forward(client, server, 'up')
      this.#forward(server, client, 'down')
      for (const socket of pair) {
        socket.on('error', () => undefined)
        socket.on('close', () => {
          this.#pairs.delete(pair)
          for (const each of pair) each.destroy()
        })
      }
    })
  }

  #forward(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (bytes) => {
      const treatment = this.#treatment[direction]
      if (treatment === 'pass') to.write(bytes)
      else if (treatment !== 'drop') setTimeout(() => to.writable && to.write(bytes), treatment.delayMs)
      this.#seen[direction]()
    })
    from.on('end', () => to.end())
  }
}

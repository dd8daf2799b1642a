import { setTimeout } from 'node:timers/promises'
import { HubClient } from '@posthouse/client'
import { reasonOf } from '@posthouse/core'

/** One client that sends numbered messages to another, which holds that each comes once and in order. */
export class Conversation implements AsyncDisposable {
  readonly #sender: HubClient
  readonly #receiver: HubClient
  readonly #name: string
  readonly #pending = new Set<Promise<void>>()
  /** What went wrong. */
  readonly faults: string[] = []
  sent = 0
  confirmed = 0
  received = 0

  constructor(url: string, name: string) {
    this.#name = name
    this.#sender = new HubClient({ url, clientId: `sender-${name}` })
    this.#receiver = new HubClient({ url, clientId: `receiver-${name}`, dialect: 'msgpack' })
    this.#receiver.on('dict', ({ body }) => this.#take(body))
  }

  async connect(): Promise<void> {
    await this.#receiver.connect()
    await this.#sender.connect()
  }

  /** Sends so many in a second until `signal` is aborted, whatever becomes of the connection. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sending = this.#send()
      this.#pending.add(sending)
      void sending.finally(() => this.#pending.delete(sending))
      await setTimeout(1000 / perSecond, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Resolves when all that was sent is confirmed and has been received, or after so many milliseconds. */
  async settled(ms: number): Promise<void> {
    const end = performance.now() + ms
    while ((this.#pending.size > 0 || this.received < this.sent) && performance.now() < end) await setTimeout(50)
    if (this.confirmed !== this.sent || this.received !== this.sent) {
      this.#fault(`sent ${this.sent}, confirmed ${this.confirmed}, received ${this.received}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#sender.close(), this.#receiver.close()])
  }

  async #send(): Promise<void> {
    const n = this.sent++
    try {
      await this.#sender.send(`receiver-${this.#name}`, { n, text: 'a reading of 21.5 degrees in the boiler room' })
      this.confirmed++
    } catch (error) {
      this.#fault(`message ${n} was refused: ${reasonOf(error)}`)
    }
  }

  #take(body: unknown): void {
    const { n } = body as { readonly n: number }
    if (n !== this.received) this.#fault(`message ${n} came where ${this.received} was due`)
    this.received = n + 1
  }

  #fault(what: string): void {
    if (this.faults.length < 10) this.faults.push(`${this.#name}: ${what}`)
  }
}

import type { Broker, Signal } from './broker.ts'
import { PosthouseError } from './errors.ts'

type Listener = (signal: Signal, from: string) => void

/** The wire that in-process brokers share: give the same one to each node. */
export class MemoryBrokerWire {
  readonly #brokers = new Map<string, MemoryBroker>()

  /**
   * A broker for `node` on this wire.
   * @throws PosthouseError `invalid_option` where a broker of that name is connected
   */
  connect(node: string): Broker {
    if (this.#brokers.has(node)) throw new PosthouseError('invalid_option', `node ${node} is on this wire already`)
    const broker = new MemoryBroker(node, this.#brokers)
    this.#brokers.set(node, broker)
    return broker
  }
}

class MemoryBroker implements Broker {
  readonly node: string
  readonly #wire: Map<string, MemoryBroker>
  readonly #listeners = new Set<Listener>()

  constructor(node: string, wire: Map<string, MemoryBroker>) {
    this.node = node
    this.#wire = wire
  }

  async publish(signal: Signal, node?: string): Promise<void> {
    this.#assertConnected()
    for (const broker of this.#wire.values()) {
      if (broker !== this && (node === undefined || node === broker.node)) broker.#hear(signal, this.node)
    }
  }

  subscribe(listener: Listener): Disposable {
    this.#assertConnected()
    const entry: Listener = (signal, from) => listener(signal, from)
    this.#listeners.add(entry)
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear()
    if (this.#connected) this.#wire.delete(this.node)
  }

  get #connected(): boolean {
    return this.#wire.get(this.node) === this
  }

  // A microtask for each: a listener that publishes or throws must not change what others hear, or in which order.
  #hear(signal: Signal, from: string): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(signal, from)
      })
    }
  }

  #assertConnected(): void {
    if (!this.#connected) throw new PosthouseError('closed', `node ${this.node} has left the wire`)
  }
}

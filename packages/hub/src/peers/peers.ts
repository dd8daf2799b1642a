import type { Connection } from '../door/connection.ts'
import type { Peer } from './peer.ts'

/** All connections of a hub, whatever they have become. */
export class Peers {
  readonly #peers = new Map<Connection, Peer>()
  readonly #empty = new Set<() => void>()

  get size(): number {
    return this.#peers.size
  }

  /** Bytes that wait to be read, over all connections. */
  get queuedBytes(): number {
    let bytes = 0
    for (const peer of this.#peers.values()) bytes += peer.queuedBytes
    return bytes
  }

  /** Follows a connection until it is deleted. */
  add(connection: Connection, peer: Peer): void {
    this.#peers.set(connection, peer)
  }

  /** The connection has become another peer; one that is gone becomes nothing any more. */
  replace(connection: Connection, peer: Peer): void {
    if (this.#peers.has(connection)) this.#peers.set(connection, peer)
  }

  /** The connection is gone. */
  delete(connection: Connection): void {
    this.#peers.delete(connection)
    if (this.#peers.size === 0) for (const tell of this.#empty) tell()
  }

  check(now: number): void {
    for (const peer of this.#peers.values()) peer.check(now)
  }

  all(): readonly Peer[] {
    return [...this.#peers.values()]
  }

  /** Cuts everyone off. Resolves when their connections have closed. */
  async terminate(): Promise<void> {
    for (const peer of [...this.#peers.values()]) peer.terminate()
    await this.gone()
  }

  /** Resolves when all connections have closed. */
  async gone(): Promise<void> {
    if (this.#peers.size > 0) await new Promise<void>((resolve) => this.#empty.add(resolve))
  }
}

import type { Clock } from '@posthouse/core'
import type { Connection } from '../door/connection.ts'
import type { CrossCommLink } from './cross-comm-link.ts'

/** A peer that has left a ping unanswered for this long confirms by its heartbeat. */
const patienceMs = 5000

/** What a confirmation works with. */
export interface PongConfirmationOptions {
  readonly clock: Clock
  readonly connection: Connection
  /** The ids that are delivered to over this connection. */
  readonly links: () => Iterable<CrossCommLink>
}

/**
 * Stands in for the acknowledgements that the cross_comm dialect does not have: a WebSocket ping goes out behind the
 * deliveries, and its pong says that the peer has read them. At most one such ping is under way. Spec: 9.8.3.
 */
export class PongConfirmation {
  readonly #options: PongConfirmationOptions
  #pings = 0
  #pingedAt: number
  /** Number of the first ping whose pong confirms what was marked; nothing while nothing is to be confirmed. */
  #marker: number | undefined
  #markedAt = 0

  constructor(options: PongConfirmationOptions) {
    this.#options = options
    this.#pingedAt = options.clock.elapsed()
  }

  /** Something was delivered. */
  delivered(): void {
    if (this.#marker === undefined) this.#mark()
  }

  /** Pings where the last one was `intervalMs` ago. */
  keepAlive(now: number, intervalMs: number): void {
    if (now - this.#pingedAt >= intervalMs) this.#ping()
  }

  pong(payload: Uint8Array): void {
    // Later pings than the one behind the deliveries tell the same: a slow peer may never answer the newest in time.
    if (this.#marker !== undefined && Number(Buffer.from(payload)) >= this.#marker) this.#confirm()
  }

  /** Peers whose library answers no pings still send heartbeats. One that does not read sends them, too. */
  heartbeat(): void {
    const { clock, connection } = this.#options
    if (this.#marker === undefined || connection.queuedBytes > 0) return
    if (clock.elapsed() - this.#markedAt > patienceMs) this.#confirm()
  }

  #mark(): void {
    for (const link of this.#options.links()) link.mark()
    this.#markedAt = this.#options.clock.elapsed()
    this.#ping()
    this.#marker = this.#pings
  }

  #ping(): void {
    this.#pingedAt = this.#options.clock.elapsed()
    this.#options.connection.ping(String(++this.#pings))
  }

  #confirm(): void {
    this.#marker = undefined
    let waiting = false
    for (const link of [...this.#options.links()]) waiting = link.confirm() || waiting
    if (waiting && this.#marker === undefined) this.#mark()
  }
}

import { PosthouseError } from '@posthouse/core'
import { CrossCommHubSession } from '@posthouse/protocol/cross-comm'
import type { Connection, ConnectionEvents } from '../door/connection.ts'
import type { HubParts } from '../hub-parts.ts'
import { ReadPace } from '../limits/read-pace.ts'
import { CrossCommIds } from './cross-comm-ids.ts'
import type { CrossCommCarrier, CrossCommLink } from './cross-comm-link.ts'
import { CrossCommReader } from './cross-comm-reader.ts'
import type { Peer } from './peer.ts'
import { PongConfirmation } from './pong-confirmation.ts'

/** The originals ping each other at least this often; peers may rely on it. */
const longestPingMs = 20_000

/** The life of one connection of a program that speaks the cross_comm dialect. */
export class CrossCommPeer implements Peer, CrossCommCarrier, ConnectionEvents {
  readonly connection: Connection
  readonly #parts: HubParts
  readonly #since: number
  readonly #ids: CrossCommIds
  readonly #reader: CrossCommReader
  readonly #confirmation: PongConfirmation
  readonly #pace: ReadPace
  #heardAt: number
  #lastSeen: number
  /** Silent for too long: its ids count as offline. */
  #absent = false

  constructor(parts: HubParts, connection: Connection, remoteAddress: string) {
    this.#parts = parts
    this.connection = connection
    this.#since = parts.clock.elapsed()
    this.#heardAt = this.#since
    this.#lastSeen = parts.clock.now()
    const visit = { parts, connection, remoteAddress, session: new CrossCommHubSession() }
    this.#ids = new CrossCommIds(visit, this)
    this.#confirmation = new PongConfirmation({ clock: parts.clock, connection, links: () => this.#ids.all() })
    this.#pace = new ReadPace({ ...parts, connection, onSlowed: () => this.#slowed() })
    const [ids, pace, confirmation] = [this.#ids, this.#pace, this.#confirmation]
    this.#reader = new CrossCommReader({ visit, ids, pace, confirmation })
    connection.use(this)
  }

  get lastSeen(): number {
    return this.#lastSeen
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes
  }

  /** Takes one WebSocket message; the first one may have been read before this peer was made. */
  message(data: Uint8Array): void {
    this.#heard()
    this.#reader.message(data)
  }

  ping(): void {
    this.#heard()
    this.#pace.read(0)
  }

  pong(payload: Uint8Array): void {
    this.#heard()
    this.#confirmation.pong(payload)
  }

  overflowed(error: PosthouseError): void {
    this.#ids.warn('a client reads too slowly', error)
  }

  close(code: number, reason: string): void {
    this.#ids.close(code, reason)
    this.#pace[Symbol.dispose]()
  }

  delivered(): void {
    this.#confirmation.delivered()
  }

  lost(link: CrossCommLink, error: PosthouseError): void {
    this.#ids.lose(link, error)
  }

  check(now: number): void {
    if (this.#pace.paused) this.#heardAt = now
    const silentMs = now - this.#heardAt
    const { crossCommTimeoutMs, heartbeatMs, helloMs } = this.#parts.timing
    if (this.#parts.gate.guardedLegacy && !this.#ids.admitted && now - this.#since > helloMs) {
      this.connection.fail(new PosthouseError('hello_timeout', `no login came within ${helloMs} ms`))
      return
    }
    if (silentMs > crossCommTimeoutMs * 2) {
      this.connection.close(1011, `nothing was heard for ${Math.round(silentMs)} ms`)
      return
    }
    if (silentMs > crossCommTimeoutMs) {
      this.#absent = true
      for (const link of this.#ids.all()) this.#parts.registry.setPresent(link.record, link, false)
    }
    this.#confirmation.keepAlive(now, Math.min(longestPingMs, heartbeatMs))
  }

  leave(): void {
    this.connection.close(1001, 'the hub is shutting down')
  }

  terminate(): void {
    this.connection.terminate()
  }

  #slowed(): void {
    const error = new PosthouseError('rate_limited', 'more came than the hub takes from one connection per second')
    this.#ids.warn('a cross_comm program is read more slowly', error)
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock.elapsed()
    this.#lastSeen = this.#parts.clock.now()
    // One connection may hold many ids, and each of its frames comes through here.
    if (!this.#absent) return
    this.#absent = false
    for (const link of this.#ids.all()) {
      if (link.record.present) continue
      this.#parts.registry.setPresent(link.record, link, true)
      link.record.feeds.wake()
    }
  }
}

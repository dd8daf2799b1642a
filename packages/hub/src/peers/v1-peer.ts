import { PosthouseError, toPosthouseError } from '@posthouse/core'
import type { BadFrame, ClientFrame, HelloFrame } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { Guest } from '../access/gate.ts'
import type { Connection, ConnectionEvents } from '../door/connection.ts'
import type { HubCodec } from '../door/hub-codec.ts'
import type { HubParts } from '../hub-parts.ts'
import type { Peer } from './peer.ts'
import { V1Link } from './v1-link.ts'
import { V1Reader } from './v1-reader.ts'
import { endSession, type Greeting } from './v1-sessions.ts'
import { beginVisit, factsOf, type V1Visit } from './v1-visit.ts'
import { welcome } from './welcome.ts'

/** The life of one v1 connection, from hello to close: it joins its client's session with a way in and a way out. */
export class V1Peer implements Peer, ConnectionEvents, Guest {
  readonly #visit: V1Visit
  readonly #link: V1Link
  readonly #reader: V1Reader
  #heardAt: number
  #pinged = false

  /** @throws PosthouseError `invalid_client_id`, `malformed_frame`, `forbidden` */
  constructor(parts: HubParts, connection: Connection, codec: HubCodec, greeting: Greeting) {
    const { hello, pass } = greeting
    this.#visit = beginVisit(parts, connection, codec, greeting)
    this.#link = new V1Link(this.#visit, hello, pass)
    this.#reader = new V1Reader(this.#link)
    this.#heardAt = parts.clock.elapsed()
    parts.gate.enter(this, pass)
    this.#connect(hello)
  }

  get access(): Access {
    return this.#link.access
  }

  set access(access: Access) {
    this.#link.access = access
  }

  get queuedBytes(): number {
    return this.#visit.connection.queuedBytes
  }

  /** Takes frames in the order in which they came. */
  receive(frames: readonly (ClientFrame | BadFrame)[]): void {
    this.#reader.receive(frames)
  }

  /** Takes one WebSocket message; the first ones may have been read before this peer was made. */
  message(data: Uint8Array, binary: boolean): void {
    if (!this.#visit.connection.open) return
    this.#heard()
    this.#reader.message(data, binary)
  }

  ping(): void {
    this.#sign()
  }

  pong(): void {
    this.#sign()
  }

  overflowed(error: PosthouseError): void {
    this.#visit.parts.logger.warn('a client reads too slowly', factsOf(this.#visit, error))
  }

  close(code: number, reason: string): void {
    const { parts, record, entry } = this.#visit
    parts.gate.leave(this)
    parts.exchange.close(this.#link.calls)
    if (entry.carrier === this.#link) {
      entry.carrier = undefined
      entry.session.detach()
      entry.expiresAt = parts.clock.elapsed() + parts.timing.sessionMs
      parts.keeper.detached(record)
    }
    parts.registry.disconnect(record, this.#link)
    if (entry.transient && entry.session.state === 'ended') parts.registry.forget(record)
    parts.logger.info('connection closed', factsOf(this.#visit, { code, message: reason }))
  }

  check(now: number): void {
    const { parts, record } = this.#visit
    const silentMs = now - this.#heardAt
    if (silentMs > parts.timing.v1TimeoutMs) {
      parts.registry.setPresent(record, this.#link, false)
      this.#link.fail(new PosthouseError('heartbeat_timeout', `nothing was heard for ${Math.round(silentMs)} ms`))
    } else if (silentMs >= parts.timing.heartbeatMs && !this.#pinged && this.#link.welcomed) {
      this.#pinged = true
      this.#link.put({ op: 'ping' })
    }
  }

  leave(reconnectAfterMs: number): void {
    this.#link.put({ op: 'goaway', reason: 'the hub is shutting down', reconnectAfterMs })
    this.#link.fail(new PosthouseError('draining', 'the hub is shutting down'))
  }

  expel(error: PosthouseError): void {
    const { parts, record } = this.#visit
    // With a new token the client goes on where it was. Who is not wanted any more does not.
    const current = record.link === this.#link
    if (current && error.code !== 'token_expired') {
      // Who may not be here may not speak either.
      if (record.session?.will) record.session.will.permitted = false
      endSession(record, parts)
    }
    this.#link.fail(error)
  }

  terminate(): void {
    this.#visit.connection.terminate()
  }

  #connect(hello: HelloFrame): void {
    const { parts, connection, record, entry } = this.#visit
    connection.use(this, this.#link.dialect)
    const previous = parts.registry.connect(record, this.#link)
    previous?.fail(new PosthouseError('replaced', `${record.id} has connected again`))
    entry.carrier = this.#link
    entry.expiresAt = Number.POSITIVE_INFINITY
    welcome(this.#link, this.#reader, hello).catch((error: unknown) => {
      parts.logger.error('a client could not be welcomed', { client: record.id, error })
      this.#link.fail(toPosthouseError(error))
    })
  }

  #sign(): void {
    this.#heard()
    const error = this.#link.throttle.ping()
    if (error !== undefined) this.#link.fail(error)
  }

  #heard(): void {
    const { parts, record } = this.#visit
    this.#heardAt = parts.clock.elapsed()
    this.#pinged = false
    if (record.link === this.#link) record.lastSeen = parts.clock.now()
  }
}

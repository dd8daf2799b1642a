import {
  assertClientId,
  type LogFields,
  PosthouseError,
  type ProducerPosition,
  toPosthouseError,
} from '@posthouse/core'
import {
  type BadFrame,
  type ClientFrame,
  errorFrame,
  type HelloFrame,
  type HubAction,
  type HubFrame,
  hubCaps,
  inboxStream,
  type SendFrame,
  type SendOutcome,
  type WelcomeFrame,
} from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { Guest } from '../access/gate.ts'
import { V1CallPort } from '../calls/v1-call-port.ts'
import type { ClientRecord, SessionCarrier } from '../clients/client-record.ts'
import type { Connection, ConnectionEvents } from '../door/connection.ts'
import { assertFits, assertKind, type HubCodec } from '../door/hub-codec.ts'
import type { HubParts } from '../hub-parts.ts'
import { Throttle } from '../limits/throttle.ts'
import { type Encoded, measured } from '../routing/encoded.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { DeliveryMeter } from '../stats/delivery-meter.ts'
import { envelopeOf } from './incoming-envelope.ts'
import type { Link } from './link.ts'
import type { Peer } from './peer.ts'
import {
  type ClaimedSession,
  claimSession,
  endSession,
  type Greeting,
  producerOf,
  startingPoint,
} from './v1-sessions.ts'

/** Joins one v1 connection with its client's session: frames become actions, deliveries become frames. */
export class V1Peer implements Peer, Link, SessionCarrier, ConnectionEvents, Guest {
  readonly dialect: HubCodec['dialect']
  readonly #parts: HubParts
  readonly #connection: Connection
  readonly #codec: HubCodec
  readonly #record: ClientRecord
  readonly #claimed: ClaimedSession
  readonly #producer: string
  #access: Access
  readonly #meter: DeliveryMeter
  #heldTo: Throttle | undefined
  readonly calls: V1CallPort
  #heardAt: number
  #pinged = false
  /** What came before `welcome` went out. */
  #early: (ClientFrame | BadFrame)[] | undefined = []
  #earlyBytes = 0

  /** @throws PosthouseError `invalid_client_id` */
  constructor(parts: HubParts, connection: Connection, codec: HubCodec, greeting: Greeting) {
    const { hello, pass } = greeting
    assertClientId(hello.client)
    this.dialect = codec.dialect
    this.#parts = parts
    this.#connection = connection
    this.#codec = codec
    this.#record = parts.registry.known(hello.client)
    this.#claimed = claimSession(this.#record, greeting, parts)
    this.#producer = producerOf(greeting)
    this.#meter = new DeliveryMeter(parts, this.#record)
    this.#access = pass.access
    this.calls = new V1CallPort(this, { hello, connection, codec, limits: parts.limits })
    this.#heardAt = parts.clock.elapsed()
    parts.gate.enter(this, pass)
    this.#connect(hello)
  }

  get access(): Access {
    return this.#access
  }

  /** Who watches presence is told in full what it may see from now on. */
  set access(access: Access) {
    this.#access = access
    const { entry } = this.#claimed
    if (this.#parts.presence.watches(entry)) this.#parts.presence.watch(entry)
  }

  get writable(): boolean {
    return this.#early === undefined && this.#connection.writable
  }

  get ready(): boolean {
    return this.#connection.open && this.#claimed.entry.session.ready
  }

  get idle(): boolean {
    return this.#claimed.entry.session.idle
  }

  get unacknowledged(): number {
    return this.#claimed.entry.session.unacknowledged
  }

  get queuedBytes(): number {
    return this.#connection.queuedBytes
  }

  live(outgoing: Outgoing): void {
    if (this.#early === undefined && this.#connection.writable) {
      this.#connection.send(this.#encoded(outgoing))
      this.#meter.live()
    } else this.#meter.dropped()
  }

  stored(seq: number, outgoing: Outgoing): void {
    const encoded = this.#encoded(outgoing)
    this.#claimed.entry.session.delivered(seq, outgoing.size)
    this.#connection.send(encoded)
    this.#meter.stored(seq)
    this.#throttle.delivered()
  }

  write(frames: readonly HubFrame[]): void {
    // What an older connection was waiting for may come before this one is welcomed. The client will ask again.
    if (this.#early !== undefined) return
    for (const frame of frames) this.#put(frame)
  }

  writeEncoded(frame: Encoded): void {
    if (this.#early === undefined) this.#connection.send(frame)
  }

  stream(frames: Iterable<HubFrame>): void {
    if (this.#early === undefined) this.#connection.stream(this.#encodeEach(frames))
  }

  /** Takes frames in the order in which they came. */
  receive(frames: readonly (ClientFrame | BadFrame)[]): void {
    for (const frame of frames) {
      if (!this.#connection.open) return
      if (this.#early === undefined) for (const action of this.#claimed.entry.session.receive(frame)) this.#act(action)
      else this.#early.push(frame)
    }
  }

  /** Takes one WebSocket message; the first ones may have been read before this peer was made. */
  message(data: Uint8Array, binary: boolean): void {
    if (!this.#connection.open) return
    this.#heard()
    try {
      assertKind(this.#codec, binary)
      assertFits(data, this.#parts.limits)
      if (this.#early !== undefined) this.#boundEarly(data.byteLength)
      const frames = this.#codec.decode(data)
      this.#parts.tally.framesReceived += frames.length
      this.receive(this.#throttle.admit(frames, data.byteLength))
    } catch (error) {
      this.fail(toPosthouseError(error))
    }
  }

  ping(): void {
    this.#sign()
  }

  pong(): void {
    this.#sign()
  }

  overflowed(error: PosthouseError): void {
    this.#parts.logger.warn('a client reads too slowly', this.#facts(error))
  }

  close(code: number, reason: string): void {
    this.#closed(code, reason)
  }

  check(now: number): void {
    const silentMs = now - this.#heardAt
    if (silentMs > this.#parts.timing.v1TimeoutMs) {
      this.#parts.registry.setPresent(this.#record, this, false)
      this.fail(new PosthouseError('heartbeat_timeout', `nothing was heard for ${Math.round(silentMs)} ms`))
    } else if (silentMs >= this.#parts.timing.heartbeatMs && !this.#pinged && this.#early === undefined) {
      this.#pinged = true
      this.write([{ op: 'ping' }])
    }
  }

  leave(reconnectAfterMs: number): void {
    this.#put({ op: 'goaway', reason: 'the hub is shutting down', reconnectAfterMs })
    this.fail(new PosthouseError('draining', 'the hub is shutting down'))
  }

  fail(error: PosthouseError): void {
    this.#parts.logger.debug('a connection is closed by the hub', this.#facts(error))
    this.#connection.fail(error)
    this.#parts.exchange.close(this.calls)
  }

  expel(error: PosthouseError): void {
    // With a new token the client goes on where it was. Who is not wanted any more does not.
    const current = this.#record.link === this
    if (current && error.code !== 'token_expired') endSession(this.#record, this.#parts.presence)
    this.fail(error)
  }

  terminate(): void {
    this.#connection.terminate()
  }

  #put(frame: HubFrame): void {
    this.#connection.send(this.#encode(frame))
  }

  #encode(frame: HubFrame): Encoded {
    if (frame.op === 'error') this.#parts.tally.refused.add(frame.code)
    if (frame.op === 'sent' && 'error' in frame) this.#parts.tally.refused.add(frame.error.code)
    // A state is cumulative: of those that a batch brings, the last says it all.
    const mark = frame.op === 'sent' && 'state' in frame ? `sent ${frame.state}` : undefined
    return measured(this.#codec.encode(frame), mark)
  }

  *#encodeEach(frames: Iterable<HubFrame>): Iterable<Encoded> {
    for (const frame of frames) yield this.#encode(frame)
  }

  #encoded(outgoing: Outgoing): Encoded {
    return outgoing.encoded(this.dialect, this.#parts.limits.frameBytes)
  }

  #connect(hello: HelloFrame): void {
    this.#connection.use(this, this.dialect)
    const previous = this.#parts.registry.connect(this.#record, this)
    previous?.fail(new PosthouseError('replaced', `${this.#record.id} has connected again`))
    this.#claimed.entry.carrier = this
    this.#claimed.entry.expiresAt = Number.POSITIVE_INFINITY
    this.#welcome(hello).catch((error: unknown) => {
      this.#parts.logger.error('a client could not be welcomed', { client: this.#record.id, error })
      this.fail(toPosthouseError(error))
    })
  }

  async #welcome(hello: HelloFrame): Promise<void> {
    const { store, batcher, logger } = this.#parts
    const { id, pump } = this.#record
    const [stored, accepted] = await Promise.all([store.inspect(id), store.lastAccepted(this.#producer)])
    if (this.#record.link !== this || !this.#connection.open) return
    const { position, gaps } = startingPoint(stored.position, this.#claimed, hello)
    if (position.seq > stored.position.seq) batcher.acknowledge(id, position.seq)
    const facts = { positions: { [inboxStream]: position }, accepted, ...(gaps.length > 0 && { gaps }) }
    const early = this.#early ?? []
    this.#early = undefined
    this.write([this.#admit(facts)])
    const { entry, resumed } = this.#claimed
    this.#parts.tally.logins.add(this.dialect)
    this.#connection.welcomed()
    const { principal } = entry
    const { remote } = this.#connection
    logger.info('client online', { client: id, remote, principal, dialect: this.dialect, resumed, agent: hello.agent })
    if (resumed && this.#parts.presence.watches(entry)) this.#parts.presence.watch(entry)
    pump.attach(this, position.seq)
    this.calls.welcomed = true
    this.receive(early)
  }

  #admit(facts: Pick<WelcomeFrame, 'positions' | 'accepted' | 'gaps'>): WelcomeFrame {
    const { timing, store, node, clock } = this.#parts
    const { entry, resumed } = this.#claimed
    return entry.session.attach({
      ...facts,
      resumeToken: entry.tokens.issue(),
      resumed,
      heartbeatMs: timing.heartbeatMs,
      durability: store.durability,
      caps: hubCaps,
      node,
      serverTime: clock.now(),
    })
  }

  get #throttle(): Throttle {
    this.#heldTo ??= new Throttle(this.#parts)
    return this.#heldTo
  }

  #sign(): void {
    this.#heard()
    const error = this.#throttle.ping()
    if (error !== undefined) this.fail(error)
  }

  #boundEarly(bytes: number): void {
    this.#earlyBytes += bytes
    if (this.#earlyBytes <= this.#parts.limits.frameBytes) return
    throw new PosthouseError('window_exceeded', `${this.#earlyBytes} bytes came before welcome`)
  }

  #act(action: HubAction): void {
    switch (action.do) {
      case 'write':
        this.write([action.frame])
        break
      case 'publish':
        if (action.frame.n === undefined || this.#parts.intake.open) this.#publish(action.frame)
        break
      case 'refuse':
        // Behind a message that is left to the next hub nothing may be remembered: that message would count as a duplicate.
        if (!this.#parts.intake.open) break
        this.#parts.router.refuse(this.#from(action.n), action.error, this.#settler(action.n))
        break
      case 'acknowledge':
        this.#meter.acknowledged(action.seq)
        this.#record.pump.acknowledged(action.seq)
        break
      case 'list':
      case 'watch':
        this.write(this.#parts.presence.answer(this.#claimed.entry, action))
        break
      case 'state':
        this.write(this.#parts.presence.setState(this.#record, action.state))
        break
      case 'call':
        this.#parts.exchange.receive(this.calls, action.frame)
        break
      case 'leave':
        endSession(this.#record, this.#parts.presence)
        this.#connection.close(1000, 'bye')
        break
      case 'close':
        this.fail(action.error)
        break
    }
  }

  #publish(frame: SendFrame): void {
    const { router } = this.#parts
    this.#record.received++
    try {
      const envelope = envelopeOf(frame, this.#record.address, this.#parts.clock.now())
      this.#access.assertMay('send', envelope.to)
      if (frame.n === undefined || envelope.qos === 0) router.live(envelope)
      else router.store({ envelope, from: this.#from(frame.n) }, this.#settler(frame.n))
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (frame.n === undefined || frame.qos === 0) this.write([errorFrame(error, 'send', frame.id)])
      else router.refuse(this.#from(frame.n), error, this.#settler(frame.n))
    }
  }

  #from(n: number): ProducerPosition {
    return { producer: this.#producer, n }
  }

  /** The answer goes to whichever connection carries the session by then. */
  #settler(n: number): (outcome: SendOutcome) => void {
    const { entry } = this.#claimed
    return (outcome) => {
      // Nobody knows whether it was stored: the client asks again on its next connection.
      if (outcome.state === 'refused' && outcome.error.code === 'store_failed') {
        this.fail(outcome.error)
        return
      }
      const frames = entry.session.settle(n, outcome)
      if (frames.length > 0) entry.carrier?.write(frames)
    }
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock.elapsed()
    this.#pinged = false
    if (this.#record.link === this) this.#record.lastSeen = this.#parts.clock.now()
  }

  #closed(code: number, reason: string): void {
    this.#parts.gate.leave(this)
    this.#parts.exchange.close(this.calls)
    const { entry } = this.#claimed
    if (entry.carrier === this) {
      entry.carrier = undefined
      entry.session.detach()
      entry.expiresAt = this.#parts.clock.elapsed() + this.#parts.timing.sessionMs
    }
    this.#parts.registry.disconnect(this.#record, this)
    if (entry.transient && entry.session.state === 'ended') this.#parts.registry.forget(this.#record)
    this.#parts.logger.info('connection closed', this.#facts({ code, message: reason }))
  }

  #facts({ code, message: reason }: { readonly code: string | number; readonly message: string }): LogFields {
    return { client: this.#record.id, remote: this.#connection.remote, code, reason }
  }
}

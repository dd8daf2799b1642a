import type { PosthouseError } from '@posthouse/core'
import type { HelloFrame, HubFrame } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { Pass } from '../access/gate.ts'
import { V1CallPort } from '../calls/v1-call-port.ts'
import type { SessionCarrier } from '../clients/client-record.ts'
import type { Connection } from '../door/connection.ts'
import type { HubCodec } from '../door/hub-codec.ts'
import { Throttle } from '../limits/throttle.ts'
import { type Encoded, measured } from '../routing/encoded.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { DeliveryMeter } from '../stats/delivery-meter.ts'
import type { Link } from './link.ts'
import { encodedSent } from './sent-frame.ts'
import { factsOf, type V1Visit } from './v1-visit.ts'

/** What goes out to one v1 client: deliveries and frames become what its dialect says. */
export class V1Link implements Link, SessionCarrier {
  readonly dialect: HubCodec['dialect']
  readonly visit: V1Visit
  readonly calls: V1CallPort
  /** Nothing is said to a client before it is welcome. */
  welcomed = false
  readonly #connection: Connection
  readonly #meter: DeliveryMeter
  #access: Access
  #heldTo: Throttle | undefined

  constructor(visit: V1Visit, hello: HelloFrame, { access }: Pass) {
    const { parts, connection, codec, record } = visit
    this.dialect = codec.dialect
    this.visit = visit
    this.#connection = connection
    this.#meter = new DeliveryMeter(parts, record)
    this.#access = access
    this.calls = new V1CallPort(this, { hello, connection, codec, limits: parts.limits })
  }

  get access(): Access {
    return this.#access
  }

  /** Who watches presence is told in full what it may see from now on, and subscriptions end that are not permitted any more. */
  set access(access: Access) {
    this.#access = access
    const { entry, parts, record } = this.visit
    const { will } = entry
    if (will !== undefined) {
      will.permitted = access.may('send', will.to)
      parts.keeper.touch(record)
    }
    parts.presence.renew(entry)
    parts.memberships.review(this)
  }

  /** What comes in is held to this; deliveries earn acknowledgements. Made when first used: many connections are idle. */
  get throttle(): Throttle {
    this.#heldTo ??= new Throttle(this.visit.parts)
    return this.#heldTo
  }

  get writable(): boolean {
    return this.welcomed && this.#connection.writable
  }

  get ready(): boolean {
    return this.#connection.open && this.visit.entry.session.ready
  }

  get idle(): boolean {
    return this.visit.entry.session.idle
  }

  get unacknowledged(): number {
    return this.visit.entry.session.unacknowledged
  }

  get queuedBytes(): number {
    return this.#connection.queuedBytes
  }

  live(outgoing: Outgoing, stream?: string): void {
    if (this.writable) {
      this.#connection.send(this.#encoded(outgoing, stream))
      this.#meter.live(outgoing.envelope)
    } else this.#meter.dropped()
  }

  stored(seq: number, outgoing: Outgoing, stream?: string): void {
    const encoded = this.#encoded(outgoing, stream)
    this.visit.entry.session.delivered(seq, outgoing.size, stream)
    this.#connection.send(encoded)
    this.#meter.stored(seq, outgoing.envelope, stream)
    if (stream === undefined) this.visit.parts.delivery.handed(this.visit.record, seq, outgoing)
    this.throttle.delivered()
  }

  /** The client has acknowledged everything up to `seq`, of its inbox where no stream is named. */
  acknowledged(seq: number, stream?: string): void {
    this.#meter.acknowledged(seq, stream)
    if (stream === undefined) this.visit.parts.delivery.acknowledged(this.visit.record, seq)
    this.visit.record.feeds.acknowledged(seq, stream)
  }

  follow(stream: string, seq: number): void {
    this.visit.entry.session.follow(stream, seq)
  }

  unfollow(stream: string): void {
    this.visit.entry.session.unfollow(stream)
  }

  write(frames: readonly HubFrame[]): void {
    // What an older connection was waiting for may come before this one is welcomed. The client will ask again.
    if (this.welcomed) for (const frame of frames) this.put(frame)
  }

  writeEncoded(frame: Encoded): void {
    if (this.welcomed) this.#connection.send(frame)
  }

  stream(frames: Iterable<HubFrame>): void {
    if (this.welcomed) this.#connection.stream(this.#encodeEach(frames))
  }

  /** Writes a frame, also to a client that is not welcome yet. */
  put(frame: HubFrame): void {
    this.#connection.send(this.#encode(frame))
  }

  fail(error: PosthouseError): void {
    const { parts } = this.visit
    parts.logger.debug('a connection is closed by the hub', factsOf(this.visit, error))
    this.#connection.fail(error)
    parts.exchange.close(this.calls)
  }

  #encode(frame: HubFrame): Encoded {
    const { parts, codec } = this.visit
    if (frame.op === 'error') parts.tally.refused.add(frame.code)
    if (frame.op !== 'sent') return measured(codec.encode(frame))
    if ('error' in frame) parts.tally.refused.add(frame.error.code)
    return encodedSent(frame, codec)
  }

  *#encodeEach(frames: Iterable<HubFrame>): Iterable<Encoded> {
    for (const frame of frames) yield this.#encode(frame)
  }

  #encoded(outgoing: Outgoing, stream?: string): Encoded {
    return outgoing.encoded(this.dialect, this.visit.parts.limits.frameBytes, stream)
  }
}

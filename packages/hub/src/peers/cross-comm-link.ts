import type { PosthouseError } from '@posthouse/core'
import { DeliveryBudget, DeliveryWindow } from '@posthouse/protocol'
import { maxCrossCommBytes } from '@posthouse/protocol/cross-comm'
import { Access } from '../access/access.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import type { DeliveryDesk } from '../delivery/delivery-desk.ts'
import type { Connection } from '../door/connection.ts'
import type { HubParts } from '../hub-parts.ts'
import type { Encoded } from '../routing/encoded.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { DeliveryMeter, type MeterParts } from '../stats/delivery-meter.ts'
import type { Link } from './link.ts'

/** What a link needs of the connection that it shares with the peer's other ids. */
export interface CrossCommCarrier {
  readonly connection: Connection
  /** When the peer was last heard of, in Unix milliseconds. */
  readonly lastSeen: number
  /** Something was delivered that should be confirmed. */
  delivered(): void
  /** The id of this link is gone from the connection. */
  lost(link: CrossCommLink, error: PosthouseError): void
}

/** One id of a cross_comm connection. The dialect has no acknowledgements: a pong behind the deliveries stands in for them. */
export class CrossCommLink implements Link {
  readonly dialect = 'cross_comm'
  access: Access = Access.everything
  readonly record: ClientRecord
  readonly #carrier: CrossCommCarrier
  readonly #budget: DeliveryBudget
  readonly #window: DeliveryWindow
  readonly #meter: DeliveryMeter
  readonly #delivery: DeliveryDesk
  #marked = 0

  constructor(
    record: ClientRecord,
    carrier: CrossCommCarrier,
    parts: MeterParts & Pick<HubParts, 'limits' | 'delivery'>,
  ) {
    this.#delivery = parts.delivery
    this.record = record
    this.#carrier = carrier
    this.#meter = new DeliveryMeter(parts, record)
    this.#budget = new DeliveryBudget(parts.limits.windowMessages, parts.limits.windowBytes)
    this.#window = new DeliveryWindow(this.#budget)
  }

  get lastSeen(): number {
    return this.#carrier.lastSeen
  }

  get ready(): boolean {
    return this.#carrier.connection.open && this.record.online && this.#budget.open
  }

  get unacknowledged(): number {
    return this.#window.size
  }

  get queuedBytes(): number {
    return this.#carrier.connection.queuedBytes
  }

  get idle(): boolean {
    return this.#window.size === 0
  }

  /** Deliveries begin after this position. */
  start(seq: number): void {
    this.#window.restart(seq)
    this.#marked = seq
  }

  live(outgoing: Outgoing): void {
    if (this.#carrier.connection.writable) {
      this.#carrier.connection.send(this.#encoded(outgoing))
      this.#meter.live(outgoing.envelope)
    } else this.#meter.dropped()
  }

  stored(seq: number, outgoing: Outgoing): void {
    const encoded = this.#encoded(outgoing)
    this.#window.push(seq, outgoing.size)
    this.#carrier.connection.send(encoded)
    this.#meter.stored(seq, outgoing.envelope)
    this.#delivery.handed(this.record, seq, outgoing)
    this.#carrier.delivered()
  }

  /** Remembers what has been delivered so far: the next confirmation is about this. */
  mark(): void {
    this.#marked = this.#window.newest
  }

  /** The peer has read everything up to the mark. Says whether newer deliveries wait. */
  confirm(): boolean {
    if (this.#window.acknowledge(this.#marked)) {
      this.#meter.acknowledged(this.#marked)
      this.#delivery.acknowledged(this.record, this.#marked)
      this.record.feeds.acknowledged(this.#marked)
    }
    return !this.idle
  }

  fail(error: PosthouseError): void {
    this.#carrier.lost(this, error)
  }

  #encoded(outgoing: Outgoing): Encoded {
    return outgoing.encoded('cross_comm', maxCrossCommBytes)
  }
}

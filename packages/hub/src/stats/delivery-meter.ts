import type { Envelope } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { HubParts } from '../hub-parts.ts'

/** What a meter works with. */
export type MeterParts = Pick<HubParts, 'tally' | 'statistics' | 'clock'>

/**
 * Counts what goes to one client over one link, and measures how long it takes to acknowledge. Of the deliveries under
 * way only one is timed: the others cost a comparison.
 */
export class DeliveryMeter {
  readonly #parts: MeterParts
  readonly #record: ClientRecord
  /** Position of the timed delivery; 0 while there is none. */
  #timed = 0
  #stream: string | undefined
  #deliveredAt = 0
  /** When the hub took it, on the wall clock. */
  #takenAt = 0

  constructor(parts: MeterParts, record: ClientRecord) {
    this.#parts = parts
    this.#record = record
  }

  /** A live message was queued. */
  live(envelope: Envelope): void {
    this.#parts.statistics.delivered(envelope)
    this.#parts.tally.deliveredLive++
    this.#record.delivered++
  }

  /** A live message was dropped. */
  dropped(): void {
    this.#parts.tally.liveDropped++
  }

  /** A stored message was queued. */
  stored(seq: number, envelope: Envelope, stream?: string): void {
    this.#parts.statistics.delivered(envelope)
    this.#parts.tally.deliveredStored++
    this.#record.delivered++
    if (this.#timed > 0) return
    this.#timed = seq
    this.#stream = stream
    this.#deliveredAt = this.#parts.clock.elapsed()
    this.#takenAt = envelope.ts
    // What lay there before it came says how long it was away, and nothing about the hub.
    const { tally, clock } = this.#parts
    if (envelope.ts >= this.#record.loginAt) tally.deliverMs.observe(Math.max(0, clock.now() - envelope.ts))
  }

  /** The client has acknowledged everything of a stream up to `seq`. */
  acknowledged(seq: number, stream?: string): void {
    const { tally, statistics, clock } = this.#parts
    tally.acknowledgements++
    if (this.#timed === 0 || seq < this.#timed || stream !== this.#stream) return
    this.#timed = 0
    tally.acknowledgeMs.observe(clock.elapsed() - this.#deliveredAt)
    statistics.acknowledged(clock.now() - this.#takenAt)
  }
}

import type { Envelope } from '@posthouse/core'

/** A delivery under way of which more must be known than its position. */
export interface NotedDelivery {
  readonly envelope: Envelope
  readonly attempt: number
}

/** What a client was sent from its inbox with a wish for receipts, or not for the first time, and has not acknowledged. */
export class NotedDeliveries {
  readonly #deliveries = new Map<number, NotedDelivery>()

  /** Notes a delivery. Positions grow. */
  note(seq: number, delivery: NotedDelivery): void {
    this.#deliveries.set(seq, delivery)
  }

  has(seq: number): boolean {
    return this.#deliveries.has(seq)
  }

  /** Takes one delivery out. */
  take(seq: number): NotedDelivery | undefined {
    const delivery = this.#deliveries.get(seq)
    this.#deliveries.delete(seq)
    return delivery
  }

  /** Takes out what lies at `seq` or before, oldest first. */
  upTo(seq: number): readonly NotedDelivery[] {
    const taken: NotedDelivery[] = []
    for (const [at, delivery] of this.#deliveries) {
      if (at > seq) break
      taken.push(delivery)
      this.#deliveries.delete(at)
    }
    return taken
  }

  /** A new connection: everything that is not acknowledged is delivered anew. */
  clear(): void {
    this.#deliveries.clear()
  }
}

import { envelopeBytes } from './envelope.ts'
import type { InboxLimits, StoredEnvelope } from './store.ts'

/** One recipient's unacknowledged envelopes, oldest first. */
export class MemoryInbox {
  readonly #limits: InboxLimits
  #entries: StoredEnvelope[] = []
  #head = 0
  #bytes = 0
  #acknowledged: number
  /** No entry expires before this; so most calls need not look at the entries. */
  #nextExpiry = Number.POSITIVE_INFINITY

  constructor(limits: InboxLimits, acknowledged: number) {
    this.#limits = limits
    this.#acknowledged = acknowledged
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get messages(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The larger of the two shares of its limits that it uses. */
  get fill(): number {
    return Math.max(this.messages / this.#limits.messages, this.#bytes / this.#limits.bytes)
  }

  hasRoom(bytes: number): boolean {
    return this.messages < this.#limits.messages && this.#bytes + bytes <= this.#limits.bytes
  }

  push(entry: StoredEnvelope): void {
    this.#entries.push(entry)
    this.#bytes += envelopeBytes(entry.envelope)
    this.#nextExpiry = Math.min(this.#nextExpiry, this.#expiry(entry))
  }

  acknowledge(seq: number): void {
    if (seq <= this.#acknowledged) return
    this.#acknowledged = seq
    for (let entry = this.#oldest; entry !== undefined && entry.seq <= seq; entry = this.#oldest) {
      this.#bytes -= envelopeBytes(entry.envelope)
      this.#head++
    }
    // Shifting one by one is quadratic in the backlog; cutting when half is gone is linear overall.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  /** Drops whatever has passed its time, wherever it lies. */
  expire(now: number): void {
    if (now < this.#nextExpiry) return
    const kept = this.#entries.slice(this.#head).filter((entry) => this.#expiry(entry) > now)
    this.#entries = kept
    this.#head = 0
    this.#bytes = kept.reduce((sum, { envelope }) => sum + envelopeBytes(envelope), 0)
    this.#nextExpiry = kept.reduce((first, entry) => Math.min(first, this.#expiry(entry)), Number.POSITIVE_INFINITY)
  }

  after(seq: number, limit: number): StoredEnvelope[] {
    const first = this.#firstAfter(seq)
    return this.#entries.slice(first, first + limit)
  }

  get #oldest(): StoredEnvelope | undefined {
    return this.#entries[this.#head]
  }

  #expiry({ envelope }: StoredEnvelope): number {
    return Math.min(envelope.expiresAt ?? Number.POSITIVE_INFINITY, envelope.ts + this.#limits.ageMs)
  }

  #firstAfter(seq: number): number {
    let low = this.#head
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.seq ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

import type { Envelope } from './envelope.ts'
import { firstBehind } from './first-behind.ts'
import type { InboxLimits, StoredEnvelope } from './store.ts'

/** One envelope in an inbox in memory. */
export interface InboxEntry extends StoredEnvelope {
  readonly bytes: number
}

/** One inbox' unacknowledged envelopes, oldest first, and what waits on the shelf for it. */
export class MemoryInbox {
  readonly #limits: InboxLimits
  #entries: InboxEntry[] = []
  #head = 0
  #bytes = 0
  readonly #shelved = { messages: 0, bytes: 0 }
  /** What is past its time and whose senders want to know. */
  #expired: InboxEntry[] = []
  /** No entry expires before this; so most calls need not look at the entries. */
  #nextExpiry = Number.POSITIVE_INFINITY

  constructor(limits: InboxLimits) {
    this.#limits = limits
  }

  get messages(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** True where there is nothing to remember. */
  get void(): boolean {
    return this.messages === 0 && this.#shelved.messages === 0 && this.#expired.length === 0
  }

  /** Whether anything waits on the shelf for it. */
  get hasShelved(): boolean {
    return this.#shelved.messages > 0
  }

  get oldest(): InboxEntry | undefined {
    return this.#entries[this.#head]
  }

  get expired(): readonly InboxEntry[] {
    return this.#expired
  }

  /** The larger of the two shares of its limits that it uses. */
  get fill(): number {
    const messages = (this.messages + this.#shelved.messages) / this.#limits.messages
    return Math.max(messages, (this.#bytes + this.#shelved.bytes) / this.#limits.bytes)
  }

  hasRoom(bytes: number): boolean {
    if (this.messages + this.#shelved.messages >= this.#limits.messages) return false
    return this.#bytes + this.#shelved.bytes + bytes <= this.#limits.bytes
  }

  push(entry: InboxEntry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
    this.#nextExpiry = Math.min(this.#nextExpiry, this.#expiry(entry.envelope))
  }

  acknowledge(seq: number): void {
    for (let entry = this.oldest; entry !== undefined && entry.seq <= seq; entry = this.oldest) {
      this.#bytes -= entry.bytes
      this.#head++
    }
    // Shifting one by one is quadratic in the backlog; cutting when half is gone is linear overall.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    if (this.#expired.length > 0) this.#expired = this.#expired.filter((entry) => entry.seq > seq)
  }

  /** Takes one entry out of turn, also one that has expired; undefined where it is not there. */
  remove(seq: number): InboxEntry | undefined {
    const late = this.#expired.findIndex((entry) => entry.seq === seq)
    if (late >= 0) return this.#expired.splice(late, 1)[0]
    const index = firstBehind(this.#entries, seq - 1, this.#head)
    const entry = this.#entries[index]
    if (entry?.seq !== seq) return undefined
    if (index === this.#head) this.acknowledge(seq)
    else {
      this.#entries.splice(index, 1)
      this.#bytes -= entry.bytes
    }
    return entry
  }

  /** Keeps a place for what waits on the shelf. */
  reserve(bytes: number): void {
    this.#shelved.messages++
    this.#shelved.bytes += bytes
  }

  release(bytes: number): void {
    this.#shelved.messages--
    this.#shelved.bytes -= bytes
  }

  /** Drops whatever has passed its time, wherever it lies. */
  expire(now: number): void {
    if (now < this.#nextExpiry) return
    const kept: InboxEntry[] = []
    for (const entry of this.#entries.slice(this.#head)) {
      if (this.#expiry(entry.envelope) > now) kept.push(entry)
      else if (entry.envelope.receipts) this.#expired.push(entry)
    }
    this.#entries = kept
    this.#head = 0
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#nextExpiry = kept.reduce((first, { envelope }) => Math.min(first, this.#expiry(envelope)), Infinity)
    if (this.#expired.length > this.#limits.messages) this.#expired = this.#expired.slice(-this.#limits.messages)
  }

  after(seq: number, limit: number): StoredEnvelope[] {
    const first = firstBehind(this.#entries, seq, this.#head)
    const page = this.#entries.slice(first, first + limit)
    return page.map(({ seq, envelope, attempt }) => (attempt ? { seq, envelope, attempt } : { seq, envelope }))
  }

  #expiry(envelope: Envelope): number {
    return Math.min(envelope.expiresAt ?? Number.POSITIVE_INFINITY, envelope.ts + this.#limits.ageMs)
  }
}

import { PosthouseError } from '@posthouse/core'
import type { Wire } from '../frame/codec.ts'

/** A qos 1 message that waits for its `sent`. */
export interface OutboxEntry {
  readonly n: number
  readonly wire: Wire
  readonly bytes: number
}

/** How much an outbox holds. */
export interface OutboxLimits {
  /** Default 1,000. */
  readonly messages: number
  /** Default 8 MiB. */
  readonly bytes: number
}

/**
 * A client's unanswered messages in the order of `n`: kept until the hub has answered, sent again on a new connection,
 * never more under way than the hub allows. Spec: 4.2.
 */
export class Outbox<Entry extends OutboxEntry = OutboxEntry> {
  readonly #limits: OutboxLimits
  readonly #entries = new Map<number, Entry>()
  #bytes = 0
  #lastN = 0
  /** The newest `n` that was written to this connection. */
  #written = 0
  #underWay = 0

  constructor(limits: Partial<OutboxLimits> = {}) {
    this.#limits = { messages: limits.messages ?? 1000, bytes: limits.bytes ?? 8 * 1024 * 1024 }
  }

  get size(): number {
    return this.#entries.size
  }

  /** The next free `n`. */
  next(): number {
    return ++this.#lastN
  }

  /** @throws PosthouseError `outbox_full` */
  assertRoom(bytes: number): void {
    if (this.#entries.size >= this.#limits.messages || this.#bytes + bytes > this.#limits.bytes) {
      const message = `the outbox is full: ${this.#entries.size} messages (${this.#bytes} bytes) wait`
      throw new PosthouseError('outbox_full', message)
    }
  }

  push(entry: Entry): void {
    this.#entries.set(entry.n, entry)
    this.#bytes += entry.bytes
  }

  /** The connection is new or gone: everything unanswered goes out again. */
  restart(): void {
    this.#written = 0
    this.#underWay = 0
  }

  /** What may be written now, oldest first, with at most `inFlight` unanswered. */
  take(inFlight: number): readonly Entry[] {
    const ready: Entry[] = []
    if (this.#underWay >= inFlight || this.#underWay === this.#entries.size) return ready
    for (const entry of this.#entries.values()) {
      if (entry.n <= this.#written) continue
      if (this.#underWay >= inFlight) break
      this.#written = entry.n
      this.#underWay++
      ready.push(entry)
    }
    return ready
  }

  /** Removes what the hub has answered: everything up to `n`, or only `n`. Returns the removed. */
  settle(n: number, scope: 'upTo' | 'only'): readonly Entry[] {
    const removed: Entry[] = []
    for (const entry of scope === 'only' ? this.#only(n) : this.#entries.values()) {
      // What was not written on this connection cannot have been answered on it.
      if (entry.n > n || entry.n > this.#written) break
      this.#entries.delete(entry.n)
      this.#bytes -= entry.bytes
      this.#underWay--
      removed.push(entry)
    }
    return removed
  }

  /** Takes out a message that was not written on this connection. */
  withdraw(n: number): void {
    const entry = this.#entries.get(n)
    if (entry === undefined || n <= this.#written) return
    this.#entries.delete(n)
    this.#bytes -= entry.bytes
  }

  /** Takes out everything and returns it: nothing will be sent any more. */
  clear(): readonly Entry[] {
    const removed = [...this.#entries.values()]
    this.#entries.clear()
    this.#bytes = 0
    this.restart()
    return removed
  }

  #only(n: number): readonly Entry[] {
    const entry = this.#entries.get(n)
    return entry === undefined ? [] : [entry]
  }
}

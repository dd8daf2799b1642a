import { firstBehind } from '@posthouse/core'
import { type Entry, never } from './entry.ts'

/** The entries of one inbox that are not in its table yet, oldest first, and what those of them that live count for. */
export class FreshEntries {
  #entries: Entry[] = []
  #head = 0
  /** What expired up to this time is not counted. */
  #countedAt = 0
  messages = 0
  bytes = 0
  /** None of those that are counted expires before this, in Unix milliseconds. */
  expires: number = never

  get empty(): boolean {
    return this.#head === this.#entries.length
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    if (entry.expires > this.#countedAt) this.#count(entry)
  }

  acknowledge(seq: number): void {
    let head = this.#head
    for (let entry = this.#entries[head]; entry !== undefined && entry.seq <= seq; entry = this.#entries[head]) {
      this.#uncount(entry)
      head++
    }
    this.#head = head
    if (head * 2 > this.#entries.length) this.#cut()
  }

  find(seq: number): Entry | undefined {
    const entry = this.#entries[firstBehind(this.#entries, seq - 1, this.#head)]
    return entry?.seq === seq ? entry : undefined
  }

  remove(entry: Entry): void {
    this.#entries.splice(firstBehind(this.#entries, entry.seq - 1, this.#head), 1)
    this.#uncount(entry)
  }

  /** Drops what has expired, except for what its sender wants to be told of; that is not counted any more. */
  expire(now: number): void {
    const kept = this.#entries.slice(this.#head).filter(({ expires, receipts }) => expires > now || receipts)
    this.clear()
    this.#countedAt = now
    for (const entry of kept) this.push(entry)
  }

  /** Those behind a position, expired ones among them. */
  *after(seq: number): Generator<Entry> {
    for (let index = firstBehind(this.#entries, seq, this.#head); index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (entry !== undefined) yield entry
    }
  }

  /** Takes the oldest away. */
  take(limit: number): Entry[] {
    const taken = this.#entries.slice(this.#head, this.#head + limit)
    for (const entry of taken) this.#uncount(entry)
    this.#head += taken.length
    this.#cut()
    return taken
  }

  clear(): void {
    this.#entries = []
    this.#head = 0
    this.messages = 0
    this.bytes = 0
    this.expires = never
  }

  #count({ bytes, expires }: Entry): void {
    this.messages++
    this.bytes += bytes
    if (expires < this.expires) this.expires = expires
  }

  #uncount({ bytes, expires }: Entry): void {
    if (expires <= this.#countedAt) return
    this.messages--
    this.bytes -= bytes
  }

  #cut(): void {
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
    if (this.#entries.length === 0) this.expires = never
  }
}

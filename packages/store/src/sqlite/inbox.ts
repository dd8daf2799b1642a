import type { InboxLimits, StoredEnvelope } from '@posthouse/core'
import { type Entry, envelopeOf, never } from './entry.ts'
import type { InboxTable, RowFacts } from './inbox-table.ts'

/** One entry that left its inbox out of turn. */
export interface Removed {
  readonly seq: number
  readonly bytes: number
}

/**
 * One cursor with the inbox of its name: rows of the table up to a position, and fresh entries behind it. What
 * changes is kept here until it is settled; then nothing of it needs to be in memory.
 */
export class Inbox {
  readonly name: string
  readonly #table: InboxTable
  readonly #limits: InboxLimits
  /** Its row in the table of cursors; 0 where it has none. */
  #id = 0
  /** Rows of another life of this name, still to be deleted. */
  #formerId = 0
  /** -1 where nothing ever was. */
  #acknowledged = -1
  /** The last position in the table. What is not behind it was settled before, and is not put again. */
  #settled = 0
  #rows = { messages: 0, bytes: 0, expires: never }
  #entries: Entry[] = []
  #head = 0
  #fresh = { messages: 0, bytes: 0, expires: never }
  /** What expired up to this time is not counted any more. */
  #countedAt = 0
  /** Rows that left out of turn and are still to be deleted. */
  readonly #gone = new Map<number, RowFacts>()
  /** What waits on the shelf and has its place here. */
  readonly #reserved = { messages: 0, bytes: 0 }
  #rowsExpired = false
  #rowsAcknowledged = false

  constructor(name: string, table: InboxTable, limits: InboxLimits) {
    this.name = name
    this.#table = table
    this.#limits = limits
    const row = table.find(name)
    if (row === undefined) return
    this.#id = row.id
    this.#acknowledged = row.acknowledged
    this.#settled = row.newest
    // When they were counted is not known: 0 has them counted again before anything else.
    this.#rows = { messages: row.messages, bytes: row.bytes, expires: row.messages > 0 ? 0 : never }
  }

  /** What was last acknowledged; where nothing ever was: behind it lies everything that is here, and nothing else. */
  position(newest: number, now: number): number {
    if (this.#acknowledged >= 0) return this.#acknowledged
    return (this.after(0, 1, now)[0]?.seq ?? newest + 1) - 1
  }

  get messages(): number {
    return this.#rows.messages + this.#fresh.messages
  }

  get bytes(): number {
    return this.#rows.bytes + this.#fresh.bytes
  }

  /** The larger of the two shares of its limits that it uses. */
  get fill(): number {
    const messages = (this.messages + this.#reserved.messages) / this.#limits.messages
    return Math.max(messages, (this.bytes + this.#reserved.bytes) / this.#limits.bytes)
  }

  hasRoom(bytes: number): boolean {
    if (this.messages + this.#reserved.messages >= this.#limits.messages) return false
    return this.bytes + this.#reserved.bytes + bytes <= this.#limits.bytes
  }

  /** Keeps a place for what waits on the shelf, or gives it back where `messages` is -1. */
  reserve(messages: number, bytes: number): void {
    this.#reserved.messages += messages
    this.#reserved.bytes += bytes
  }

  put(entry: Entry): void {
    if (entry.seq <= this.#settled || entry.seq <= this.#acknowledged) return
    this.#entries.push(entry)
    if (entry.expires <= this.#countedAt) return
    const fresh = this.#fresh
    fresh.messages++
    fresh.bytes += entry.bytes
    if (entry.expires < fresh.expires) fresh.expires = entry.expires
  }

  /** @returns whether that was news */
  acknowledge(seq: number): boolean {
    if (seq <= this.#acknowledged) return false
    if (this.#acknowledged < this.#settled) this.#acknowledgeRows(seq)
    this.#acknowledged = seq
    let head = this.#head
    for (let entry = this.#entries[head]; entry !== undefined && entry.seq <= seq; entry = this.#entries[head]) {
      this.#uncount(entry)
      head++
    }
    this.#head = head
    if (head * 2 > this.#entries.length) this.#cut()
    return true
  }

  /** Takes one entry out of turn, also one that has expired. */
  remove(seq: number): Removed | undefined {
    if (seq <= this.#acknowledged || this.#gone.has(seq)) return undefined
    const index = this.#firstAfter(seq - 1)
    const entry = this.#entries[index]
    if (entry?.seq === seq) {
      this.#entries.splice(index, 1)
      this.#uncount(entry)
      return { seq, bytes: entry.bytes }
    }
    return this.#removeRow(seq)
  }

  /** The envelope of an entry that is there, also of one that has expired. */
  find(seq: number): StoredEnvelope | undefined {
    if (seq <= this.#acknowledged || this.#gone.has(seq)) return undefined
    const entry = this.#entries[this.#firstAfter(seq - 1)]
    if (entry?.seq === seq) return stored(entry)
    return this.#id === 0 ? undefined : this.#table.one(this.#id, seq)
  }

  /** Leaves out whatever has passed its time, wherever it lies. */
  expire(now: number): void {
    const inRows = this.#rows.messages > 0 && now >= this.#rows.expires
    if (!inRows && now < this.#fresh.expires) return
    this.#countedAt = now
    if (this.#rows.messages > 0) this.#count(now)
    // Those whose senders want to be told stay until they are removed.
    const kept = this.#entries.slice(this.#head).filter(({ expires, receipts }) => expires > now || receipts)
    this.#entries = kept
    this.#head = 0
    this.#fresh = { messages: 0, bytes: 0, expires: never }
    for (const { expires, bytes } of kept) {
      if (expires <= now) continue
      this.#fresh.messages++
      this.#fresh.bytes += bytes
      this.#fresh.expires = Math.min(this.#fresh.expires, expires)
    }
  }

  after(seq: number, limit: number, now: number): StoredEnvelope[] {
    const found: StoredEnvelope[] = []
    const after = Math.max(seq, this.#acknowledged)
    if (after < this.#settled) this.#readRows(found, after, { limit, now })
    for (let index = this.#firstAfter(after); index < this.#entries.length && found.length < limit; index++) {
      const entry = this.#entries[index]
      if (entry !== undefined && entry.expires > now) found.push(stored(entry))
    }
    return found
  }

  /** Fresh entries that expired and whose senders want to be told. */
  *overdue(now: number): Generator<Entry> {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (entry?.receipts && entry.expires <= now) yield entry
    }
  }

  /** False where a row is not wanted any more although it is still there. */
  holds(seq: number): boolean {
    return seq > this.#acknowledged && seq <= this.#settled && !this.#gone.has(seq)
  }

  /** Begins a new life with nothing in it. */
  forget(): void {
    if (this.#id !== 0) this.#formerId = this.#id
    this.#id = 0
    this.#acknowledged = -1
    this.#settled = 0
    this.#rows = { messages: 0, bytes: 0, expires: never }
    this.#entries = []
    this.#head = 0
    this.#fresh = { messages: 0, bytes: 0, expires: never }
    this.#gone.clear()
    this.#reserved.messages = 0
    this.#reserved.bytes = 0
    this.#rowsExpired = false
    this.#rowsAcknowledged = false
  }

  /**
   * Moves up to `limit` fresh entries into the table and brings the rest of it up to date.
   * @returns whether nothing is left to do
   */
  settle(limit: number): boolean {
    if (this.#formerId !== 0) this.#table.drop(this.#formerId)
    this.#formerId = 0
    // Asking about an unknown name leaves no trace.
    if (this.#id === 0 && this.#acknowledged < 0 && this.#head === this.#entries.length) return true
    const moved = this.#entries.slice(this.#head, this.#head + limit)
    for (const entry of moved) {
      this.#uncount(entry)
      if (entry.expires > this.#countedAt) this.#countRow(entry)
    }
    const row = { ...this.#rows, acknowledged: this.#acknowledged, newest: moved.at(-1)?.seq ?? this.#settled }
    this.#id = this.#table.save(this.name, { id: this.#id, ...row })
    this.#settled = row.newest
    for (const entry of moved) this.#table.insert(this.#id, entry)
    this.#head += moved.length
    this.#cut()
    this.#deleteRows()
    return this.#entries.length === 0
  }

  #deleteRows(): void {
    if (this.#rowsAcknowledged) this.#table.deleteUpTo(this.#id, this.#acknowledged)
    for (const seq of this.#gone.keys()) this.#table.deleteOne(this.#id, seq)
    if (this.#rowsExpired) this.#table.deleteExpired(this.#id, this.#countedAt)
    this.#rowsAcknowledged = false
    this.#rowsExpired = false
    this.#gone.clear()
  }

  #acknowledgeRows(seq: number): void {
    this.#rowsAcknowledged = true
    const range = { after: this.#acknowledged, upTo: seq, now: this.#countedAt }
    const rows = this.#rows
    if (seq >= this.#settled) this.#rows = { messages: 0, bytes: 0, expires: never }
    else {
      const { messages, bytes } = this.#withoutGone(this.#table.sum(this.#id, range), range)
      this.#rows = { messages: rows.messages - messages, bytes: rows.bytes - bytes, expires: rows.expires }
    }
  }

  /** Counts the rows that have not expired, one by one. */
  #count(now: number): void {
    this.#rowsExpired = true
    const range = { after: this.#acknowledged, upTo: this.#settled, now }
    this.#rows = this.#withoutGone(this.#table.sum(this.#id, range), range)
  }

  #withoutGone<Sum extends { messages: number; bytes: number }>(
    sum: Sum,
    { after, upTo, now }: { after: number; upTo: number; now: number },
  ): Sum {
    let { messages, bytes } = sum
    for (const [seq, facts] of this.#gone) {
      if (seq <= after || seq > upTo || facts.expires <= now) continue
      messages--
      bytes -= facts.bytes
    }
    return { ...sum, messages, bytes }
  }

  #removeRow(seq: number): Removed | undefined {
    if (this.#id === 0 || seq > this.#settled) return undefined
    const row = this.#table.facts(this.#id, seq)
    if (row === undefined || (row.expires <= this.#countedAt && row.receipts === 0)) return undefined
    this.#gone.set(seq, row)
    if (row.expires > this.#countedAt) {
      this.#rows = { ...this.#rows, messages: this.#rows.messages - 1, bytes: this.#rows.bytes - row.bytes }
    }
    return { seq, bytes: row.bytes }
  }

  #readRows(found: StoredEnvelope[], after: number, { limit, now }: { limit: number; now: number }): void {
    let last = after
    while (found.length < limit) {
      const wanted = limit - found.length
      const page = this.#table.page(this.#id, last, now, wanted)
      for (const row of page) if (!this.#gone.has(row.seq)) found.push(row)
      if (page.length < wanted) return
      last = page.at(-1)?.seq ?? last
    }
  }

  #uncount({ bytes, expires }: Entry): void {
    if (expires <= this.#countedAt) return
    this.#fresh.messages--
    this.#fresh.bytes -= bytes
  }

  #countRow({ bytes, expires }: Entry): void {
    const rows = this.#rows
    rows.messages++
    rows.bytes += bytes
    rows.expires = Math.min(rows.expires, expires)
  }

  #cut(): void {
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
    if (this.#entries.length === 0) this.#fresh.expires = never
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

function stored(entry: Entry): StoredEnvelope {
  const { seq, attempt } = entry
  const envelope = envelopeOf(entry)
  return attempt === 1 ? { seq, envelope } : { seq, envelope, attempt }
}

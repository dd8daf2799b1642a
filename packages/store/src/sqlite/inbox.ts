import type { InboxLimits, StoredEnvelope } from '@posthouse/core'
import { type Entry, envelopeOf, never } from './entry.ts'
import { FreshEntries } from './fresh-entries.ts'
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
  /** Whether something of it is still to be settled. */
  changed = false
  readonly #table: InboxTable
  readonly #limits: InboxLimits
  #id = 0
  /** Rows of another life of this name, still to be deleted. */
  #formerId = 0
  /** -1 where nothing ever was. */
  #acknowledged = -1
  /** The last position in the table. What is not behind it was settled before, and is not put again. */
  #settled = 0
  #rows = { messages: 0, bytes: 0, expires: never }
  readonly #fresh = new FreshEntries()
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
    this.#rows = { messages: row.messages, bytes: row.bytes, expires: row.expires }
    this.#countedAt = row.counted
  }

  /** Its row in the table of cursors; 0 where it has none. */
  get id(): number {
    return this.#id
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

  /** What was last acknowledged; where nothing ever was: behind it lies everything that is here, and nothing else. */
  position(newest: number, now: number): number {
    if (this.#acknowledged >= 0) return this.#acknowledged
    return (this.after(0, 1, now)[0]?.seq ?? newest + 1) - 1
  }

  /** Keeps a place for what waits on the shelf, or gives it back where the numbers are negative. */
  reserve(messages: number, bytes: number): void {
    this.#reserved.messages += messages
    this.#reserved.bytes += bytes
  }

  put(entry: Entry): void {
    if (entry.seq > this.#settled && entry.seq > this.#acknowledged) this.#fresh.push(entry)
  }

  /** @returns whether that was news */
  acknowledge(seq: number): boolean {
    if (seq <= this.#acknowledged) return false
    if (this.#acknowledged < this.#settled) this.#acknowledgeRows(seq)
    this.#acknowledged = seq
    this.#fresh.acknowledge(seq)
    return true
  }

  /** Takes one entry out of turn, also one that has expired. */
  remove(seq: number): Removed | undefined {
    if (seq <= this.#acknowledged || this.#gone.has(seq)) return undefined
    const entry = this.#fresh.find(seq)
    if (entry === undefined) return this.#removeRow(seq)
    this.#fresh.remove(entry)
    return { seq, bytes: entry.bytes }
  }

  /** The envelope of an entry that is there, also of one that has expired. */
  find(seq: number): StoredEnvelope | undefined {
    if (seq <= this.#acknowledged || this.#gone.has(seq)) return undefined
    const entry = this.#fresh.find(seq)
    if (entry !== undefined) return stored(entry)
    return this.#id === 0 ? undefined : this.#table.one(this.#id, seq)
  }

  /** Leaves out whatever has passed its time, wherever it lies. */
  expire(now: number): void {
    const inRows = this.#rows.messages > 0 && now >= this.#rows.expires
    if (!inRows && now < this.#fresh.expires) return
    this.#countedAt = now
    if (this.#rows.messages > 0) this.#count(now)
    this.#fresh.expire(now)
    this.#boundOverdue(now)
  }

  after(seq: number, limit: number, now: number): StoredEnvelope[] {
    const found: StoredEnvelope[] = []
    const after = Math.max(seq, this.#acknowledged)
    if (after < this.#settled) this.#readRows(found, after, { limit, now })
    for (const entry of this.#fresh.after(after)) {
      if (found.length >= limit) break
      if (entry.expires > now) found.push(stored(entry))
    }
    return found
  }

  /** Fresh entries that expired and whose senders want to be told. */
  overdue(now: number): Entry[] {
    return [...this.#fresh.after(this.#acknowledged)].filter(({ expires, receipts }) => receipts && expires <= now)
  }

  /** False for a row that is not wanted any more although it is still there. */
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
    this.#fresh.clear()
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
    if (this.#id === 0 && this.#acknowledged < 0 && this.#fresh.empty) return true
    const moved = this.#fresh.take(limit)
    for (const entry of moved) if (entry.expires > this.#countedAt) this.#countRow(entry)
    this.#settled = moved.at(-1)?.seq ?? this.#settled
    const place = { acknowledged: this.#acknowledged, newest: this.#settled, counted: this.#countedAt }
    const row = { ...this.#rows, ...place }
    this.#id = this.#table.save(this.name, { id: this.#id, ...row })
    for (const entry of moved) this.#table.insert(this.#id, entry)
    this.#deleteRows()
    return this.#fresh.empty
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

  /** What nobody asks about must not pile up: of what expired, as much stays as the inbox may hold, the oldest goes. */
  #boundOverdue(now: number): void {
    const fresh = this.overdue(now)
    const rows = this.#id === 0 ? [] : this.#table.overdue(this.#id, this.#acknowledged, now)
    const all = [...rows.filter(({ seq }) => !this.#gone.has(seq)), ...fresh]
    for (const { seq } of all.slice(0, Math.max(0, all.length - this.#limits.messages))) this.remove(seq)
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

  #countRow({ bytes, expires }: Entry): void {
    const rows = this.#rows
    rows.messages++
    rows.bytes += bytes
    rows.expires = Math.min(rows.expires, expires)
  }
}

function stored(entry: Entry): StoredEnvelope {
  const { seq, attempt } = entry
  const envelope = envelopeOf(entry)
  return attempt === 1 ? { seq, envelope } : { seq, envelope, attempt }
}

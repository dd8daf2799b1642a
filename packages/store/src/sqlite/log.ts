import { firstBehind, type LogInfo, type LogLimits, type StoredEnvelope } from '@posthouse/core'
import { envelopeOf } from './entry.ts'
import type { AddressRow, Logged, LogRow, LogTable } from './log-table.ts'

/** Rows that are looked up at once when the oldest have to go. */
const oldestAtOnce = 64

/** The log of one address: rows of the table up to a position, and fresh entries behind it. Oldest first it is trimmed. */
export class Log {
  readonly to: string
  limits: LogLimits
  readonly #table: LogTable
  #id = 0
  /** The last position in the table. What is not behind it was settled before, and is not put again. */
  #settled = 0
  #rows = { messages: 0, bytes: 0 }
  /** The first of the rows, where they were looked up. */
  #front: LogRow[] = []
  #frontHead = 0
  #entries: Logged[] = []
  #head = 0
  #freshBytes = 0
  #trimmed = 0
  #rowsTrimmed = false
  /** When the hub accepted the newest and the oldest, in Unix milliseconds. */
  #newest = { seq: 0, ts: 0 }
  #oldestTs = 0

  constructor(to: string, limits: LogLimits, table: LogTable) {
    this.to = to
    this.limits = limits
    this.#table = table
  }

  static ofRow(row: AddressRow, table: LogTable): Log {
    const log = new Log(row.to, row.limits, table)
    log.#id = row.id
    log.#settled = row.newest
    log.#rows = { messages: row.messages, bytes: row.bytes }
    log.#trimmed = row.trimmed
    log.#newest = { seq: row.newest, ts: row.ts }
    log.#oldestTs = row.oldest
    return log
  }

  get id(): number {
    return this.#id
  }

  /** Positions up to this have been trimmed. */
  get trimmed(): number {
    return this.#trimmed
  }

  get messages(): number {
    return this.#rows.messages + this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#rows.bytes + this.#freshBytes
  }

  /** The last position that it was given. */
  get newest(): number {
    return this.#newest.seq
  }

  get info(): LogInfo {
    const { seq: newest, ts } = this.#newest
    return { to: this.to, messages: this.messages, bytes: this.bytes, newest, ts }
  }

  /** The oldest entry that is not in the table yet. */
  get firstFresh(): Logged | undefined {
    return this.#entries[this.#head]
  }

  /** @returns what it adds in bytes */
  push(logged: Logged): number {
    if (logged.seq <= this.#settled) return 0
    if (this.messages === 0) this.#oldestTs = logged.ts
    this.#entries.push(logged)
    this.#freshBytes += logged.bytes
    this.#newest = { seq: logged.seq, ts: logged.ts }
    return logged.bytes
  }

  /** Drops what its limits do not allow. @returns how many bytes that were */
  trim(now: number): number {
    let bytes = 0
    while (this.messages > 0) {
      if (this.messages <= this.limits.messages && this.#oldestTs > now - this.limits.ageMs) break
      bytes += this.dropOldest()
    }
    return bytes
  }

  /** @returns how many bytes it was */
  dropOldest(): number {
    const dropped = this.#rows.messages > 0 ? this.#dropRow() : this.#dropFresh()
    if (dropped === undefined) return 0
    this.#trimmed = dropped.seq
    const next = this.#rows.messages > 0 ? this.#firstRow() : this.#entries[this.#head]
    this.#oldestTs = next?.ts ?? this.#oldestTs
    return dropped.bytes
  }

  /** Entries behind a position that have not expired, up to `limit`. */
  after(seq: number, limit: number, now: number): StoredEnvelope[] {
    const after = Math.max(seq, this.#trimmed)
    const found = this.#rows.messages > 0 && after < this.#settled ? this.#table.page(this.#id, after, now, limit) : []
    for (const { seq, entry, expires } of this.fresh(after)) {
      if (found.length >= limit) break
      if (expires > now) found.push({ seq, envelope: envelopeOf(entry) })
    }
    return found
  }

  /** The positions of up to `count` entries behind one that have not expired, the newest first. */
  seqsBehind(seq: number, count: number, now: number): number[] {
    const after = Math.max(seq, this.#trimmed)
    const found: number[] = []
    for (let index = this.#entries.length - 1; index >= this.#head && found.length < count; index--) {
      const entry = this.#entries[index]
      if (entry === undefined || entry.seq <= after) return found
      if (entry.expires > now) found.push(entry.seq)
    }
    const left = count - found.length
    if (left === 0 || this.#rows.messages === 0 || after >= this.#settled) return found
    return found.concat(this.#table.seqsBehind(this.#id, after, now, left))
  }

  /** Entries that are not in the table yet, behind a position. */
  *fresh(after: number): Generator<Logged> {
    const first = firstBehind(this.#entries, after, this.#head)
    for (const logged of this.#entries.slice(first)) yield logged
  }

  /** Moves up to `limit` entries into the table. @returns whether nothing is left to do */
  settle(limit: number): boolean {
    const moved = this.#entries.slice(this.#head, this.#head + limit)
    for (const { bytes } of moved) {
      this.#rows.messages++
      this.#rows.bytes += bytes
      this.#freshBytes -= bytes
    }
    this.#entries = this.#entries.slice(this.#head + moved.length)
    this.#head = 0
    this.#settled = moved.at(-1)?.seq ?? this.#settled
    this.#id = this.#table.save(this.#row())
    for (const logged of moved) this.#table.insert(this.#id, logged)
    if (this.#rowsTrimmed) this.#table.deleteUpTo(this.#id, this.#trimmed)
    this.#rowsTrimmed = false
    if (this.#entries.length > 0) return false
    // One that is left alone keeps no list.
    this.#front = []
    this.#frontHead = 0
    return true
  }

  /** Deletes its row. */
  forget(): void {
    if (this.#id === 0) return
    if (this.#rowsTrimmed) this.#table.deleteUpTo(this.#id, this.#trimmed)
    this.#table.drop(this.#id)
  }

  #row(): AddressRow {
    const { messages, bytes } = this.#rows
    const rest = { messages, bytes, trimmed: this.#trimmed, limits: this.limits }
    return { id: this.#id, to: this.to, newest: this.#settled, ts: this.#newest.ts, oldest: this.#oldestTs, ...rest }
  }

  #firstRow(): LogRow | undefined {
    if (this.#frontHead === this.#front.length) {
      this.#front = this.#table.oldest(this.#id, this.#trimmed, oldestAtOnce)
      this.#frontHead = 0
    }
    return this.#front[this.#frontHead]
  }

  #dropRow(): LogRow | undefined {
    const row = this.#firstRow()
    if (row === undefined) {
      this.#rows = { messages: 0, bytes: 0 }
      return undefined
    }
    this.#frontHead++
    this.#rows.messages--
    this.#rows.bytes -= row.bytes
    this.#rowsTrimmed = true
    return row
  }

  #dropFresh(): Logged | undefined {
    const logged = this.#entries[this.#head]
    if (logged === undefined) return undefined
    this.#freshBytes -= logged.bytes
    this.#head++
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return logged
  }
}

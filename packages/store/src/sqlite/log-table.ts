import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogLimits, StoredEnvelope } from '@posthouse/core'
import { bytesOf, checksum, type Entry, envelopeOfRow } from './entry.ts'

/** What the table of addresses says about the log of one. */
export interface AddressRow {
  readonly id: number
  readonly to: string
  /** The last position that was moved into the table. */
  readonly newest: number
  /** When the hub accepted its newest message, in Unix milliseconds … */
  readonly ts: number
  /** … and when its oldest. */
  readonly oldest: number
  readonly messages: number
  readonly bytes: number
  readonly trimmed: number
  readonly limits: LogLimits
}

/** One row of the log, without its envelope. */
export interface LogRow {
  readonly seq: number
  readonly bytes: number
  readonly ts: number
}

/** One fresh entry of the log. */
export interface Logged extends LogRow {
  /** When it is of no use any more, in Unix milliseconds. */
  readonly expires: number
  readonly entry: Entry
}

/** The tables `address` and `log`. */
export class LogTable {
  readonly #addresses: StatementSync
  readonly #create: StatementSync
  readonly #update: StatementSync
  readonly #drop: StatementSync
  readonly #insert: StatementSync
  readonly #oldest: StatementSync
  readonly #oldestOfAll: StatementSync
  readonly #page: StatementSync
  readonly #newest: StatementSync
  readonly #scan: StatementSync
  readonly #one: StatementSync
  readonly #deleteUpTo: StatementSync

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#addresses = prepare('select * from address')
    this.#create = prepare(
      `insert into address(newest, ts, oldest, messages, bytes, trimmed, keep_messages, keep_ms, name)
      values(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#update = prepare(
      `update address set newest = ?, ts = ?, oldest = ?, messages = ?, bytes = ?, trimmed = ?, keep_messages = ?,
      keep_ms = ? where id = ?`,
    )
    this.#drop = prepare('delete from address where id = ?')
    this.#insert = prepare('insert or replace into log values(?, ?, ?, ?, ?, ?, ?)')
    this.#oldest = prepare('select seq, bytes, ts from log where address = ? and seq > ? order by seq limit ?')
    this.#oldestOfAll = prepare('select seq, address from log where seq > ? order by seq limit ?')
    this.#page = prepare(
      'select seq, checksum, envelope from log where address = ? and seq > ? and expires > ? order by seq limit ?',
    )
    this.#newest = prepare(
      'select seq from log where address = ? and seq > ? and expires > ? order by seq desc limit ?',
    )
    this.#scan = prepare('select seq, address, expires from log where seq > ? order by seq limit ?')
    this.#one = prepare('select checksum, envelope from log where seq = ?')
    this.#deleteUpTo = prepare('delete from log where address = ? and seq <= ?')
  }

  addresses(): AddressRow[] {
    return this.#addresses.all().map((row) => {
      const { name, keep_messages, keep_ms, ...rest } = row as unknown as AddressRow & Record<string, unknown>
      return { ...rest, to: String(name), limits: { messages: Number(keep_messages), ageMs: Number(keep_ms) } }
    })
  }

  /** Writes an address; the id that it has from now on. */
  save(row: AddressRow): number {
    const { messages, ageMs } = row.limits
    const values = [row.newest, row.ts, row.oldest, row.messages, row.bytes, row.trimmed, messages, ageMs]
    if (row.id === 0) return Number(this.#create.run(...values, row.to).lastInsertRowid)
    this.#update.run(...values, row.id)
    return row.id
  }

  drop(id: number): void {
    this.#drop.run(id)
  }

  insert(id: number, { seq, ts, expires, bytes, entry }: Logged): void {
    const envelope = bytesOf(entry)
    this.#insert.run(seq, id, ts, expires, bytes, checksum(envelope), envelope)
  }

  /** Up to `limit` rows of one log behind a position. */
  oldest(id: number, after: number, limit: number): LogRow[] {
    return this.#oldest.all(id, after, limit) as unknown as LogRow[]
  }

  /** Up to `limit` rows of all logs behind a position. */
  oldestOfAll(after: number, limit: number): { readonly seq: number; readonly address: number }[] {
    return this.#oldestOfAll.all(after, limit) as unknown as { seq: number; address: number }[]
  }

  page(id: number, after: number, now: number, limit: number): StoredEnvelope[] {
    return this.#page.all(id, after, now, limit).map((row) => ({
      seq: Number(row.seq),
      envelope: envelopeOfRow(row as { checksum: unknown; envelope: unknown }),
    }))
  }

  /** The positions of up to `limit` rows of one log behind a position, the newest first. */
  seqsBehind(id: number, after: number, now: number, limit: number): number[] {
    return this.#newest.all(id, after, now, limit).map(({ seq }) => Number(seq))
  }

  /** Up to `limit` rows of all logs behind a position, without envelopes. */
  scan(after: number, limit: number): { readonly seq: number; readonly address: number; readonly expires: number }[] {
    return this.#scan.all(after, limit) as unknown as { seq: number; address: number; expires: number }[]
  }

  one(seq: number): StoredEnvelope | undefined {
    const row = this.#one.get(seq) as { checksum: unknown; envelope: unknown } | undefined
    return row && { seq, envelope: envelopeOfRow(row) }
  }

  deleteUpTo(id: number, seq: number): void {
    this.#deleteUpTo.run(id, seq)
  }
}

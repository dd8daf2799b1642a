import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredEnvelope } from '@posthouse/core'
import { bytesOf, checksum, type Entry, envelopeOfRow, never } from './entry.ts'

/** What the table of cursors says about one. */
export interface CursorRow {
  readonly id: number
  readonly acknowledged: number
  /** The last position that was moved into the table. */
  readonly newest: number
  readonly messages: number
  readonly bytes: number
  /** When the first of its rows expires, in Unix milliseconds. */
  readonly expires: number
  /** What expired up to this time was not counted. */
  readonly counted: number
}

/** How many rows, what they count for, and when the first of them expires. */
export interface RowSum {
  readonly messages: number
  readonly bytes: number
  readonly expires: number
}

/** One row of an inbox, without its envelope. */
export interface RowFacts {
  readonly bytes: number
  readonly expires: number
  /** 1 where its sender wants to be told when it expires. */
  readonly receipts: number
}

/** The tables `cursor` and `inbox`. */
export class InboxTable {
  readonly #find: StatementSync
  readonly #create: StatementSync
  readonly #update: StatementSync
  readonly #drop: StatementSync
  readonly #due: StatementSync
  readonly #page: StatementSync
  readonly #sum: StatementSync
  readonly #facts: StatementSync
  readonly #overdue: StatementSync
  readonly #one: StatementSync
  readonly #insert: StatementSync
  readonly #deleteUpTo: StatementSync
  readonly #deleteOne: StatementSync
  readonly #deleteExpired: StatementSync
  readonly #expired: StatementSync

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#find = prepare(
      'select id, acknowledged, newest, messages, bytes, expires, counted from cursor where name = ?',
    )
    this.#create = prepare(
      'insert into cursor(acknowledged, newest, messages, bytes, expires, counted, name) values(?, ?, ?, ?, ?, ?, ?)',
    )
    this.#update = prepare(
      'update cursor set acknowledged = ?, newest = ?, messages = ?, bytes = ?, expires = ?, counted = ? where id = ?',
    )
    this.#drop = prepare('delete from cursor where id = ?')
    this.#due = prepare('select name from cursor where messages > 0 and expires <= ? order by expires limit ?')
    this.#page = prepare(
      'select seq, attempt, checksum, envelope from inbox where cursor = ? and seq > ? and expires > ? order by seq limit ?',
    )
    this.#sum = prepare(
      `select count(*) as messages, coalesce(sum(bytes), 0) as bytes, coalesce(min(expires), ${never}) as expires
      from inbox where cursor = ? and seq > ? and seq <= ? and expires > ?`,
    )
    this.#facts = prepare('select bytes, expires, receipts from inbox where cursor = ? and seq = ?')
    this.#overdue = prepare(
      'select seq from inbox where cursor = ? and seq > ? and expires <= ? and receipts = 1 order by seq',
    )
    this.#one = prepare('select attempt, checksum, envelope from inbox where cursor = ? and seq = ?')
    this.#insert = prepare('insert into inbox values(null, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#deleteUpTo = prepare('delete from inbox where cursor = ? and seq <= ?')
    this.#deleteOne = prepare('delete from inbox where cursor = ? and seq = ?')
    this.#deleteExpired = prepare('delete from inbox where cursor = ? and expires <= ? and receipts = 0')
    this.#expired = prepare(
      `select name, seq, attempt, checksum, envelope from inbox join cursor on cursor.id = inbox.cursor
      where receipts = 1 and inbox.expires <= ? order by inbox.expires, seq limit ? offset ?`,
    )
  }

  find(name: string): CursorRow | undefined {
    return this.#find.get(name) as CursorRow | undefined
  }

  /** Writes a cursor; the id that it has from now on. */
  save(name: string, row: CursorRow): number {
    const values = [row.acknowledged, row.newest, row.messages, row.bytes, row.expires, row.counted]
    if (row.id === 0) return Number(this.#create.run(...values, name).lastInsertRowid)
    this.#update.run(...values, row.id)
    return row.id
  }

  /** Deletes a cursor and its inbox. */
  drop(id: number): void {
    this.#deleteUpTo.run(id, never)
    this.#drop.run(id)
  }

  /** Names of inboxes in which something has expired. */
  due(now: number, limit: number): string[] {
    return this.#due.all(now, limit).map((row) => String(row.name))
  }

  page(id: number, after: number, now: number, limit: number): StoredEnvelope[] {
    return this.#page.all(id, after, now, limit).map((row) => {
      const { seq, attempt, ...rest } = row as { seq: number; attempt: number; checksum: number; envelope: Uint8Array }
      const envelope = envelopeOfRow(rest)
      return attempt === 1 ? { seq, envelope } : { seq, envelope, attempt }
    })
  }

  /** The sum of the rows behind `after`, up to and including `upTo`, that expire after `now`. */
  sum(id: number, range: { readonly after: number; readonly upTo: number; readonly now: number }): RowSum {
    // An aggregate without GROUP BY has exactly one row.
    return this.#sum.get(id, range.after, range.upTo, range.now) as unknown as RowSum
  }

  facts(id: number, seq: number): RowFacts | undefined {
    return this.#facts.get(id, seq) as RowFacts | undefined
  }

  /** Rows behind a position that expired and whose senders want to be told. */
  overdue(id: number, after: number, now: number): { readonly seq: number }[] {
    return this.#overdue.all(id, after, now) as unknown as { seq: number }[]
  }

  one(id: number, seq: number): StoredEnvelope | undefined {
    const row = this.#one.get(id, seq) as { attempt: number; checksum: number; envelope: Uint8Array } | undefined
    return row && { seq, attempt: row.attempt, envelope: envelopeOfRow(row) }
  }

  insert(id: number, entry: Entry): void {
    const { seq, expires, bytes, attempt, receipts } = entry
    const envelope = bytesOf(entry)
    this.#insert.run(id, seq, expires, bytes, attempt, receipts ? 1 : 0, checksum(envelope), envelope)
  }

  deleteUpTo(id: number, seq: number): void {
    this.#deleteUpTo.run(id, seq)
  }

  deleteOne(id: number, seq: number): void {
    this.#deleteOne.run(id, seq)
  }

  /** Deletes what expired silently. */
  deleteExpired(id: number, now: number): void {
    this.#deleteExpired.run(id, now)
  }

  /** A page of what expired and whose sender wants to be told. */
  expired(now: number, limit: number, offset: number): (StoredEnvelope & { inbox: string; attempt: number })[] {
    return this.#expired.all(now, limit, offset).map((row) => {
      const { name, seq, attempt, ...rest } = row as {
        name: string
        seq: number
        attempt: number
        checksum: number
        envelope: Uint8Array
      }
      return { inbox: name, seq, attempt, envelope: envelopeOfRow(rest) }
    })
  }
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredEnvelope } from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'
import { bytesOf, checksum, type Entry, envelopeOf, envelopeOfRow } from './entry.ts'

interface Value {
  readonly seq: number
  /** In Unix milliseconds. */
  readonly expires: number
  /** Where it is not in the table yet. */
  readonly entry?: Entry
}

/** The retained value of each address that has one; the envelopes of settled ones are in the table only. */
export class Retained implements Settling {
  readonly #capacity: number
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #envelope: StatementSync
  readonly #values = new Map<string, Value>()
  readonly #changed = new Backlog<string, true>()

  constructor(database: DatabaseSync, capacity: number) {
    this.#capacity = capacity
    this.#insert = database.prepare('insert or replace into retained values(?, ?, ?, ?, ?)')
    this.#delete = database.prepare('delete from retained where name = ?')
    this.#envelope = database.prepare('select checksum, envelope from retained where name = ?')
    for (const row of database.prepare('select name, seq, expires from retained order by seq').all()) {
      this.#values.set(String(row.name), { seq: Number(row.seq), expires: Number(row.expires) })
    }
  }

  hasRoom(to: string): boolean {
    return this.#values.size < this.#capacity || this.#values.has(to)
  }

  keep(to: string, entry: Entry, expires: number): void {
    // Set anew, so that the order is that of the positions.
    this.#values.delete(to)
    this.#values.set(to, { seq: entry.seq, expires, entry })
    this.#changed.set(to, true)
  }

  clear(to: string): void {
    if (this.#values.delete(to)) this.#changed.set(to, true)
  }

  list(matches: (to: string) => boolean, now: number): StoredEnvelope[] {
    const found: StoredEnvelope[] = []
    for (const [to, { seq, expires, entry }] of this.#values) {
      if (expires <= now) this.clear(to)
      else if (matches(to)) found.push({ seq, envelope: entry ? envelopeOf(entry) : this.#read(to) })
    }
    return found
  }

  begin(): void {
    this.#changed.begin()
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: to } = next
    const value = this.#values.get(to)
    if (value === undefined) this.#delete.run(to)
    else if (value.entry !== undefined) {
      const { seq, expires, entry } = value
      const envelope = bytesOf(entry)
      this.#insert.run(to, seq, expires, checksum(envelope), envelope)
      this.#values.set(to, { seq, expires })
    }
    this.#changed.done(to)
    return this.#changed.open
  }

  #read(to: string): StoredEnvelope['envelope'] {
    const row = this.#envelope.get(to)
    return envelopeOfRow({ envelope: row?.envelope, checksum: row?.checksum })
  }
}

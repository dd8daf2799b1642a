import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Envelope, ErrorCode, ShelfEntry, ShelfQuery, StoreBounds } from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'
import { bytesOf, checksum, type Entry, envelopeOf, envelopeOfRow } from './entry.ts'
import type { Inbox } from './inbox.ts'

/** What is on the shelf, without its envelope. */
export interface Shelved {
  readonly seq: number
  readonly inbox?: string
  readonly attempt: number
  readonly dueAt?: number
  readonly dead?: ErrorCode
  readonly at: number
  /** What it counts for in its inbox. */
  readonly bytes: number
}

interface Fresh {
  readonly shelved: Shelved
  readonly entry: Entry
}

/** What waits for a time, and what is dead. What each is lies in memory, its envelope until it is settled. */
export class Shelf implements Settling {
  readonly #bounds: StoreBounds
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #envelope: StatementSync
  readonly #scheduled = new Map<number, Shelved>()
  readonly #dead = new Map<number, Shelved>()
  /** What is to be written, and, where it is undefined, what is to be deleted. */
  readonly #changed = new Backlog<number, Fresh | undefined>()
  /** What those that wait count for in their inboxes. */
  readonly #places = new Map<string, { messages: number; bytes: number }>()
  /** How many of those that wait have no inbox yet. */
  #unbound = 0
  /** Undefined where it has to be looked for. */
  #nextDue: number | undefined

  constructor(database: DatabaseSync, bounds: StoreBounds) {
    this.#bounds = bounds
    this.#insert = database.prepare('insert or replace into shelf values(?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#delete = database.prepare('delete from shelf where seq = ?')
    this.#envelope = database.prepare('select checksum, envelope from shelf where seq = ?')
    const rows = database.prepare('select seq, dead, due, inbox, attempt, at, bytes from shelf order by seq')
    for (const row of rows.all()) this.#index(readRow(row))
  }

  /** Whether one more that has no inbox yet may wait. */
  get hasRoom(): boolean {
    return this.#unbound < this.#bounds.scheduled
  }

  /** When the first is due; undefined where none waits. */
  get nextDue(): number | undefined {
    if (this.#nextDue === undefined) {
      this.#nextDue = Infinity
      for (const { dueAt = Infinity } of this.#scheduled.values()) this.#nextDue = Math.min(this.#nextDue, dueAt)
    }
    return this.#nextDue === Infinity ? undefined : this.#nextDue
  }

  get(seq: number): Shelved | undefined {
    return this.#scheduled.get(seq) ?? this.#dead.get(seq)
  }

  put(shelved: Shelved, entry: Entry): void {
    this.#index(shelved)
    this.#changed.set(shelved.seq, { shelved, entry })
    while (this.#dead.size > this.#bounds.deadLetters) {
      const [oldest] = this.#dead.keys()
      this.take(oldest ?? 0)
    }
  }

  /** Takes an entry away; what it was, where it was there. */
  take(seq: number): Shelved | undefined {
    const shelved = this.get(seq)
    if (shelved === undefined) return undefined
    this.#changed.set(seq, undefined)
    if (this.#dead.delete(seq)) return shelved
    this.#scheduled.delete(seq)
    this.#occupy(shelved, -1)
    if (shelved.dueAt === this.#nextDue) this.#nextDue = undefined
    return shelved
  }

  /** Takes away what waits for an inbox. */
  forget(inbox: string): void {
    if (!this.#places.has(inbox)) return
    for (const [seq, shelved] of this.#scheduled) if (shelved.inbox === inbox) this.take(seq)
  }

  /** Tells an inbox what waits for it. */
  reserve(inbox: Inbox): void {
    const place = this.#places.get(inbox.name)
    if (place !== undefined) inbox.reserve(place.messages, place.bytes)
  }

  query({ kind, until = Infinity, inbox, after = 0, limit }: ShelfQuery): ShelfEntry[] {
    const found: ShelfEntry[] = []
    for (const { bytes: _, ...shelved } of (kind === 'dead' ? this.#dead : this.#scheduled).values()) {
      if (found.length >= limit) break
      if (shelved.seq <= after || (shelved.dueAt ?? 0) > until) continue
      if (inbox !== undefined && shelved.inbox !== inbox) continue
      found.push({ ...shelved, envelope: this.envelope(shelved.seq) })
    }
    return found
  }

  /** @throws PosthouseError `data_damaged` */
  envelope(seq: number): Envelope {
    const fresh = this.#changed.get(seq)
    if (fresh !== undefined) return envelopeOf(fresh.entry)
    const row = this.#envelope.get(seq)
    return envelopeOfRow({ envelope: row?.envelope, checksum: row?.checksum })
  }

  begin(): void {
    this.#changed.begin()
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: seq, value: fresh } = next
    if (fresh === undefined) this.#delete.run(seq)
    else {
      const { dead = null, dueAt = null, inbox = null, attempt, at, bytes } = fresh.shelved
      const envelope = bytesOf(fresh.entry)
      this.#insert.run(seq, dead, dueAt, inbox, attempt, at, bytes, checksum(envelope), envelope)
    }
    this.#changed.done(seq)
    return this.#changed.open
  }

  #index(shelved: Shelved): void {
    const { seq, dead, dueAt = Infinity } = shelved
    if (dead !== undefined) {
      this.#dead.set(seq, shelved)
      return
    }
    this.#scheduled.set(seq, shelved)
    this.#occupy(shelved, 1)
    if (this.#nextDue !== undefined) this.#nextDue = Math.min(this.#nextDue, dueAt)
  }

  #occupy({ inbox, bytes }: Shelved, sign: 1 | -1): void {
    if (inbox === undefined) {
      this.#unbound += sign
      return
    }
    const { messages, bytes: before } = this.#places.get(inbox) ?? { messages: 0, bytes: 0 }
    if (messages + sign === 0) this.#places.delete(inbox)
    else this.#places.set(inbox, { messages: messages + sign, bytes: before + sign * bytes })
  }
}

function readRow(row: Record<string, unknown>): Shelved {
  const { seq, dead, due, inbox, attempt, at, bytes } = row
  return {
    seq: Number(seq),
    attempt: Number(attempt),
    at: Number(at),
    bytes: Number(bytes),
    ...(inbox !== null && { inbox: String(inbox) }),
    ...(due !== null && { dueAt: Number(due) }),
    // Written by this program, from the table of errors.
    ...(dead !== null && { dead: dead as ErrorCode }),
  }
}

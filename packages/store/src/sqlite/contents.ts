import type { DatabaseSync } from 'node:sqlite'
import type { Envelope, InboxLimits, LogLimits, StoreBounds } from '@posthouse/core'
import type { Settling } from './backlog.ts'
import { type Entry, never } from './entry.ts'
import type { Inbox, Removed } from './inbox.ts'
import { Inboxes } from './inboxes.ts'
import { Logs } from './logs.ts'
import { Meta } from './meta.ts'
import { Producers } from './producers.ts'
import { Records } from './records.ts'
import { Retained } from './retained.ts'
import { Shelf, type Shelved } from './shelf.ts'

/** How much a store may hold. */
export interface ContentsLimits {
  readonly limits: InboxLimits
  readonly bounds: StoreBounds
  readonly producers: number
}

/** Where a delivery goes besides inboxes. */
export interface Placing {
  readonly envelope: Envelope
  readonly log?: LogLimits | undefined
  readonly retain?: 'keep' | 'clear' | undefined
}

/**
 * Everything that the store holds: tables, and what has not been settled. The steps by which it changes are the same
 * for a commit and for a journal that is replayed, and doing one twice is harmless.
 */
export class Contents {
  readonly inboxes: Inboxes
  readonly logs: Logs
  readonly shelf: Shelf
  readonly retained: Retained
  readonly records: Records
  readonly producers: Producers
  readonly meta: Meta
  /** The last position that was given out. */
  newest: number
  readonly #ageMs: number

  constructor(database: DatabaseSync, { limits, bounds, producers }: ContentsLimits) {
    this.meta = new Meta(database)
    this.newest = this.meta.number('seq')
    this.#ageMs = limits.ageMs
    this.shelf = new Shelf(database, bounds)
    this.inboxes = new Inboxes(database, limits, (inbox) => this.shelf.reserve(inbox))
    this.logs = new Logs(database, this.meta, bounds)
    this.retained = new Retained(database, bounds.retained)
    this.records = new Records(database)
    this.producers = new Producers(database, producers)
  }

  /** What is to be moved into tables, in the order in which it is moved. */
  get parts(): readonly Settling[] {
    return [this.inboxes, this.logs, this.shelf, this.retained, this.records, this.producers]
  }

  forget(name: string, now: number): void {
    const inbox = this.inboxes.open(name, now)
    this.inboxes.changed(inbox)
    inbox.forget()
    this.shelf.forget(name)
  }

  /** @returns whether that was news */
  acknowledge(name: string, seq: number, now: number): boolean {
    const inbox = this.inboxes.open(name, now)
    if (!inbox.acknowledge(seq)) return false
    this.inboxes.changed(inbox)
    return true
  }

  remove(name: string, seq: number, now: number): Removed | undefined {
    const inbox = this.inboxes.open(name, now)
    const removed = inbox.remove(seq)
    if (removed) this.inboxes.changed(inbox)
    return removed
  }

  /** Puts onto the shelf, where its inbox, if it has one, keeps a place for what waits. */
  shelve(shelved: Shelved, entry: Entry): void {
    if (this.shelf.get(shelved.seq) !== undefined) return
    this.shelf.put(shelved, entry)
    if (shelved.dead === undefined && shelved.inbox !== undefined) {
      this.inboxes.reserve(shelved.inbox, 1, shelved.bytes)
    }
  }

  unshelve(seq: number): void {
    const shelved = this.shelf.take(seq)
    if (shelved?.inbox === undefined || shelved.dead !== undefined) return
    this.inboxes.reserve(shelved.inbox, -1, -shelved.bytes)
  }

  /** When an envelope leaves the inboxes, in Unix milliseconds. */
  expiry({ ts, expiresAt }: Envelope): number {
    // Rounded up it means the same, because the clock counts whole ones; tables hold whole ones.
    return Math.ceil(Math.min(expiresAt ?? never, ts + this.#ageMs, never))
  }

  /** Puts a delivery into inboxes and wherever else it goes. */
  deliver(entry: Entry, inboxes: readonly Inbox[], placing: Placing, now: number): void {
    for (const inbox of inboxes) {
      inbox.put(entry)
      this.inboxes.changed(inbox)
    }
    const { envelope, log, retain } = placing
    if (log === undefined && retain === undefined) return
    const { to, ts, expiresAt = never } = envelope
    const expires = Math.ceil(Math.min(expiresAt, never))
    if (log !== undefined) this.logs.push(to, { seq: entry.seq, bytes: entry.bytes, ts, expires, entry }, log, now)
    if (retain === 'keep') this.retained.keep(to, entry, expires)
    if (retain === 'clear') this.retained.clear(to)
  }
}

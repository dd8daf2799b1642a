import type { DatabaseSync } from 'node:sqlite'
import type { ExpiredEntry, InboxLimits } from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'
import { envelopeOf } from './entry.ts'
import { Inbox } from './inbox.ts'
import { InboxTable } from './inbox-table.ts'
import { Recent } from './recent.ts'

/** Inboxes that are remembered at least although they lie in the table as they are; fewer than twice as many. */
const remembered = 2048
/** Fresh entries that one step moves. */
const stepEntries = 64
/** Inboxes that are looked at for expired rows in one round. */
const maxSwept = 64

/** All inboxes and cursors: in memory those that changed since they were settled, and some of the others. */
export class Inboxes implements Settling {
  readonly #table: InboxTable
  readonly #limits: InboxLimits
  /** Gives back to an inbox what it has on the shelf. */
  readonly #reserve: (inbox: Inbox) => void
  readonly #changed = new Backlog<string, Inbox>()
  readonly #remembered = new Recent<Inbox>(remembered)
  #now = 0

  constructor(database: DatabaseSync, limits: InboxLimits, reserve: (inbox: Inbox) => void) {
    this.#table = new InboxTable(database)
    this.#limits = limits
    this.#reserve = reserve
  }

  /** The inbox of that name, without what has expired. Whoever changes it says so by `changed`. */
  open(name: string, now: number): Inbox {
    const inbox = this.#changed.get(name) ?? this.#remembered.get(name) ?? this.#load(name)
    inbox.expire(now)
    return inbox
  }

  changed(inbox: Inbox): void {
    if (inbox.changed) return
    inbox.changed = true
    this.#remembered.delete(inbox.name)
    this.#changed.set(inbox.name, inbox)
  }

  /** Changes the place that an inbox keeps for what is on the shelf. */
  reserve(name: string, messages: number, bytes: number): void {
    const inbox = this.#changed.get(name) ?? this.#remembered.get(name)
    // One that is loaded later asks the shelf.
    inbox?.reserve(messages, bytes)
  }

  expired(now: number, limit: number): ExpiredEntry[] {
    const found = this.#expiredRows(now, limit)
    for (const inbox of this.#changed.values()) {
      if (found.length >= limit) break
      inbox.expire(now)
      for (const entry of inbox.overdue(now)) {
        const { seq, attempt } = entry
        if (found.length < limit) found.push({ inbox: inbox.name, seq, attempt, envelope: envelopeOf(entry) })
      }
    }
    return found
  }

  begin(now: number): void {
    this.#now = now
    for (const name of this.#table.due(now, maxSwept)) this.changed(this.open(name, now))
    this.#changed.begin((inbox) => inbox.id)
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: name, value: inbox } = next
    inbox.expire(this.#now)
    if (inbox.settle(stepEntries)) {
      this.#changed.done(name)
      inbox.changed = false
      this.#remembered.set(name, inbox)
    }
    return this.#changed.open
  }

  #expiredRows(now: number, limit: number): ExpiredEntry[] {
    const found: ExpiredEntry[] = []
    for (let offset = 0; found.length < limit; ) {
      const page = this.#table.expired(now, limit, offset)
      for (const entry of page) if (found.length < limit && this.#holds(entry.inbox, entry.seq)) found.push(entry)
      offset += page.length
      if (page.length < limit) break
    }
    return found
  }

  #load(name: string): Inbox {
    const inbox = new Inbox(name, this.#table, this.#limits)
    this.#reserve(inbox)
    this.#remembered.set(name, inbox)
    return inbox
  }

  #holds(name: string, seq: number): boolean {
    const inbox = this.#changed.get(name)
    return inbox === undefined || inbox.holds(seq)
  }
}

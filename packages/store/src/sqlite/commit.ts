import {
  type Append,
  type AppendOutcome,
  type Batch,
  type CommitOutcome,
  type DeadLetter,
  type Delivery,
  type ErrorCode,
  envelopeBytes,
  type Removal,
  type Shelving,
} from '@posthouse/core'
import type { Contents } from './contents.ts'
import type { Entry, Section } from './entry.ts'
import type { Inbox } from './inbox.ts'
import type { JournalRow, Span } from './journal-form.ts'
import type { Shelved } from './shelf.ts'

const none: readonly never[] = []

/** What is known of an append before it is decided. */
interface Weight {
  readonly bytes: number
  /** The inbox that keeps a place for it already. */
  readonly owner: string | undefined
}

/** Decides what a batch does, does it to the contents, and writes it into a row of the journal. */
export class Commit {
  readonly #contents: Contents
  readonly #row: JournalRow
  readonly #section: Section
  readonly #now: number

  /** @param section where the row's bytes will be */
  constructor(contents: Contents, row: JournalRow, section: Section, now: number) {
    this.#contents = contents
    this.#row = row
    this.#section = section
    this.#now = now
  }

  perform(batch: Batch): CommitOutcome {
    this.#row.begin(this.#contents.newest)
    for (const name of batch.forget ?? none) this.#forget(name)
    const found = (batch.removals ?? none).map((removal) => this.#remove(removal))
    // Before the appends: they make the room that an append of the same batch may need.
    for (const { inbox, seq } of batch.acknowledgements) this.#acknowledge(inbox, seq)
    for (const seq of batch.unshelve ?? none) this.#unshelve(seq)
    for (const { kind, key, value } of batch.records ?? none) {
      const text = JSON.stringify(value) as string | undefined
      this.#contents.records.change(kind, key, text)
      this.#row.record(kind, key, text)
    }
    return {
      appends: batch.appends.map((append) => this.#append(append)),
      fill: batch.acknowledgements.map(({ inbox }) => this.#open(inbox).fill),
      removals: (batch.removals ?? none).map(({ inbox }, index) => {
        return { found: found[index] === true, fill: this.#open(inbox).fill }
      }),
    }
  }

  #open(name: string): Inbox {
    return this.#contents.inboxes.open(name, this.#now)
  }

  #forget(name: string): void {
    this.#contents.forget(name, this.#now)
    this.#row.forget(name)
  }

  #acknowledge(name: string, seq: number): void {
    // Nobody can have processed what is not there yet: a position from the future would swallow later ones.
    const last = Math.min(seq, this.#contents.newest)
    if (this.#contents.acknowledge(name, last, this.#now)) this.#row.acknowledge(name, last)
  }

  #remove({ inbox, seq, to }: Removal): boolean {
    const entry = to && this.#open(inbox).find(seq)
    const removed = this.#contents.remove(inbox, seq, this.#now)
    if (removed === undefined) return false
    this.#row.remove(inbox, seq)
    if (to === undefined || entry === undefined) return true
    const shelved = { seq: this.#next(), inbox, ...to, at: this.#now, bytes: removed.bytes }
    this.#putOnShelf(shelved, { envelope: entry.envelope })
    return true
  }

  #unshelve(seq: number): void {
    this.#contents.unshelve(seq)
    this.#row.unshelve(seq)
  }

  #append(append: Append): AppendOutcome {
    const { producers } = this.#contents
    const { from } = append
    const known = from && producers.answer(from)
    if (known) return known
    const outcome = this.#decide(append)
    if (from === undefined) return outcome
    if (outcome.state === 'refused') this.#row.refuse(from, outcome.code)
    // What is a duplicate because its shelf entry is gone counts as accepted, and no other row says so.
    else if (outcome.state === 'duplicate') this.#row.accept(from)
    producers.record(from.producer, from.n, outcome.state === 'refused' ? outcome.code : undefined)
    return outcome
  }

  #decide(append: Append): AppendOutcome {
    if ('refusal' in append) return refused(append.refusal)
    const bytes = envelopeBytes(append.envelope)
    if (append.takes === undefined) return this.#put(append, { bytes, owner: undefined })
    const taken = this.#contents.shelf.get(append.takes)
    if (taken === undefined) return { state: 'duplicate' }
    // What waits for an inbox has its place there already.
    return this.#put(append, { bytes, owner: taken.dead === undefined ? taken.inbox : undefined })
  }

  #put(append: Delivery | Shelving | DeadLetter, weight: Weight): AppendOutcome {
    return 'recipients' in append ? this.#deliver(append, weight) : this.#shelve(append, weight)
  }

  #deliver(delivery: Delivery, weight: Weight): AppendOutcome {
    const contents = this.#contents
    const { envelope, recipients, log, retain, takes } = delivery
    if (retain === 'keep' && !contents.retained.hasRoom(envelope.to)) return refused('store_full')
    if (log && !contents.logs.hasRoom(envelope.to, this.#now)) return refused('store_full')
    const named = this.#openAll(recipients)
    const inboxes = withRoom(named, weight)
    if (inboxes.length === 0 && named.length > 0 && !log) return refused('inbox_full')
    if (takes !== undefined) contents.unshelve(takes)
    const span = this.#row.deliver(delivery, weight.bytes, inboxes)
    const entry = this.#entry(delivery, weight.bytes, span)
    contents.deliver(entry, inboxes, delivery, this.#now)
    const full = named.length === inboxes.length ? none : namesOf(named, inboxes)
    return { state: 'stored', seq: entry.seq, full, fill: fillOf(named) }
  }

  #openAll(names: readonly string[]): Inbox[] {
    const [name] = names
    // Nearly always there is one, and then the closure costs more than the rest.
    return names.length === 1 && name !== undefined ? [this.#open(name)] : names.map((each) => this.#open(each))
  }

  #shelve(append: Shelving | DeadLetter, { bytes, owner }: Weight): AppendOutcome {
    const { inbox, attempt = 1, takes } = append
    if ('dueAt' in append) {
      if (inbox === undefined && !this.#contents.shelf.hasRoom) return refused('store_full')
      if (inbox !== undefined && inbox !== owner && !this.#open(inbox).hasRoom(bytes)) return refused('inbox_full')
    }
    if (takes !== undefined) this.#contents.unshelve(takes)
    const why = 'dead' in append ? { dead: append.dead } : { dueAt: append.dueAt }
    const seq = this.#next()
    this.#putOnShelf({ seq, ...(inbox !== undefined && { inbox }), attempt, at: this.#now, bytes, ...why }, append)
    return { state: 'stored', seq, full: none, fill: none }
  }

  #putOnShelf(shelved: Shelved, { envelope, from, takes }: Pick<Delivery, 'envelope' | 'from' | 'takes'>): void {
    const span = this.#row.shelve({ envelope, shelved, from, takes })
    const { seq, attempt, bytes } = shelved
    const entry = { seq, attempt, expires: 0, bytes, receipts: false, section: this.#section, ...span }
    this.#contents.shelve(shelved, entry)
  }

  #entry({ envelope, attempt = 1 }: Delivery, bytes: number, { start, end }: Span): Entry {
    const expires = this.#contents.expiry(envelope)
    const receipts = envelope.receipts === true
    return { seq: this.#next(), attempt, expires, bytes, receipts, section: this.#section, start, end }
  }

  #next(): number {
    return ++this.#contents.newest
  }
}

function refused(code: ErrorCode): AppendOutcome {
  return { state: 'refused', code }
}

function withRoom(named: readonly Inbox[], { bytes, owner }: Weight): readonly Inbox[] {
  for (const inbox of named) {
    if (inbox.name === owner || inbox.hasRoom(bytes)) continue
    return named.filter((each) => each.name === owner || each.hasRoom(bytes))
  }
  return named
}

function fillOf(named: readonly Inbox[]): number[] {
  const [inbox] = named
  return named.length === 1 && inbox !== undefined ? [inbox.fill] : named.map(({ fill }) => fill)
}

function namesOf(all: readonly Inbox[], without: readonly Inbox[]): string[] {
  return all.filter((inbox) => !without.includes(inbox)).map(({ name }) => name)
}

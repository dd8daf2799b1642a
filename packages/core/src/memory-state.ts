import { type Envelope, envelopeBytes } from './envelope.ts'
import type { ErrorCode } from './errors.ts'
import { MemoryInbox } from './memory-inbox.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryRecords } from './memory-records.ts'
import { MemoryRetained } from './memory-retained.ts'
import { MemoryShelf } from './memory-shelf.ts'
import { ProducerLedger } from './producer-ledger.ts'
import type { ExpiredEntry, InboxLimits, StoreBounds } from './store.ts'
import type { Append, AppendOutcome, DeadLetter, Delivery, Removal, Shelving } from './store-batch.ts'

/** What a state is bounded by. */
interface MemoryStateOptions {
  readonly limits: InboxLimits
  readonly bounds: StoreBounds
  readonly producers: number
}

/** An append and the bytes that it counts for. */
export interface Weighed {
  readonly append: Append
  readonly bytes: number
}

/** What the steps of one append share. */
interface Weight {
  readonly bytes: number
  readonly now: number
  /** The inbox that has kept a place for it. */
  readonly owner: string | undefined
}

/** @throws TypeError where headers or `sec` cannot be put into words */
export function weigh(append: Append): Weighed {
  return { append, bytes: 'refusal' in append ? 0 : envelopeBytes(append.envelope) }
}

/** Everything that a memory store holds, and how one step of a commit changes it. None of the steps fails. */
export class MemoryState {
  readonly log: MemoryLog
  readonly shelf: MemoryShelf
  readonly retained: MemoryRetained
  readonly records: MemoryRecords = new MemoryRecords()
  readonly producers: ProducerLedger
  readonly #limits: InboxLimits
  readonly #inboxes = new Map<string, MemoryInbox>()
  readonly #cursors = new Map<string, number>()
  #newest = 0

  constructor({ limits, bounds, producers }: MemoryStateOptions) {
    this.#limits = limits
    this.log = new MemoryLog(bounds)
    this.shelf = new MemoryShelf(bounds)
    this.retained = new MemoryRetained(bounds.retained)
    this.producers = new ProducerLedger(producers)
  }

  /** The last position that was given out. */
  get newest(): number {
    return this.#newest
  }

  /** Where a cursor is. */
  position(name: string): number {
    return this.#cursors.get(name) ?? (this.#inboxes.get(name)?.oldest?.seq ?? this.#newest + 1) - 1
  }

  acknowledge(name: string, seq: number): void {
    // Nobody can have processed what is not there yet: a position from the future would swallow later ones.
    const last = Math.min(seq, this.#newest)
    if (last <= (this.#cursors.get(name) ?? -1)) return
    this.#cursors.set(name, last)
    this.#inboxes.get(name)?.acknowledge(last)
  }

  forget(name: string): void {
    this.#cursors.delete(name)
    if (this.#inboxes.get(name)?.hasShelved) this.shelf.forget(name)
    this.#inboxes.delete(name)
  }

  /** False where the entry is not there. */
  remove({ inbox, seq, to }: Removal, now: number): boolean {
    const box = this.current(inbox, now)
    const entry = box?.remove(seq)
    if (entry === undefined) return false
    if (to === undefined) return true
    const { envelope, bytes } = entry
    this.shelf.put(++this.#newest, { ...to, envelope, bytes, inbox, at: now })
    if ('dueAt' in to) box?.reserve(bytes)
    return true
  }

  unshelve(seq: number): void {
    const entry = this.shelf.take(seq)
    if (entry?.inbox === undefined || entry.dead !== undefined) return
    this.#inboxes.get(entry.inbox)?.release(entry.bytes)
  }

  append({ append, bytes }: Weighed, now: number): AppendOutcome {
    const known = append.from && this.producers.answer(append.from)
    if (known) return known
    const outcome = this.#decide(append, bytes, now)
    if (append.from) this.producers.record(append.from, outcome)
    return outcome
  }

  /** How full an inbox is. */
  fill(name: string, now: number): number {
    return this.current(name, now)?.fill ?? 0
  }

  /** The inbox of that name without what has expired; one that holds nothing is given up. */
  current(name: string, now: number): MemoryInbox | undefined {
    const inbox = this.#inboxes.get(name)
    inbox?.expire(now)
    if (!inbox?.void) return inbox
    this.#inboxes.delete(name)
    return undefined
  }

  expired(now: number, limit: number): ExpiredEntry[] {
    const found: ExpiredEntry[] = []
    for (const [name, inbox] of this.#inboxes) {
      inbox.expire(now)
      for (const { seq, envelope, attempt = 1 } of inbox.expired) {
        if (found.length >= limit) return found
        found.push({ inbox: name, seq, envelope, attempt })
      }
    }
    return found
  }

  clear(): void {
    this.#inboxes.clear()
    this.#cursors.clear()
  }

  #decide(append: Append, bytes: number, now: number): AppendOutcome {
    if ('refusal' in append) return refused(append.refusal)
    const taken = append.takes === undefined ? undefined : this.shelf.get(append.takes)
    if (append.takes !== undefined && taken === undefined) return { state: 'duplicate' }
    // What waits for an inbox has its place there already.
    const owner = taken?.dead === undefined ? taken?.inbox : undefined
    return 'recipients' in append
      ? this.#deliver(append, { bytes, now, owner })
      : this.#shelve(append, { bytes, now, owner })
  }

  #deliver(delivery: Delivery, { bytes, now, owner }: Weight): AppendOutcome {
    const { envelope, recipients, log, retain, attempt = 1, takes } = delivery
    if (retain === 'keep' && !this.retained.hasRoom(envelope.to)) return refused('store_full')
    if (log && !this.log.hasRoom(envelope.to, now)) return refused('store_full')
    const { open, full } = this.#sort(recipients, { bytes, now, owner })
    if (open.length === 0 && full.length > 0 && !log) return refused('inbox_full')
    if (takes !== undefined) this.unshelve(takes)
    const seq = ++this.#newest
    const entry = { seq, envelope: detached(envelope), bytes, ...(attempt > 1 && { attempt }) }
    for (const inbox of open) inbox.push(entry)
    if (log) this.log.push(entry, log, now)
    if (retain === 'keep') this.retained.keep(entry)
    if (retain === 'clear') this.retained.clear(envelope.to)
    return { state: 'stored', seq, full, fill: recipients.map((name) => this.#inboxes.get(name)?.fill ?? 0) }
  }

  /** Tells the inboxes that have room from those that have none. */
  #sort(recipients: readonly string[], { bytes, now, owner }: Weight): { open: MemoryInbox[]; full: string[] } {
    const open: MemoryInbox[] = []
    const full: string[] = []
    for (const recipient of recipients) {
      const inbox = this.current(recipient, now) ?? new MemoryInbox(this.#limits)
      if (recipient === owner || inbox.hasRoom(bytes)) {
        open.push(inbox)
        this.#inboxes.set(recipient, inbox)
      } else full.push(recipient)
    }
    return { open, full }
  }

  #shelve(append: Shelving | DeadLetter, { bytes, now, owner }: Weight): AppendOutcome {
    const { envelope, inbox, attempt = 1, takes } = append
    const why = 'dead' in append ? { dead: append.dead } : { dueAt: append.dueAt }
    if ('dueAt' in append) {
      const refusal = inbox === undefined ? this.#lacksRoom() : this.#keepPlace(inbox, { bytes, now, owner })
      if (refusal) return refusal
    }
    if (takes !== undefined) this.unshelve(takes)
    const seq = ++this.#newest
    const at = now
    this.shelf.put(seq, {
      envelope: detached(envelope),
      bytes,
      attempt,
      at,
      ...why,
      ...(inbox !== undefined && { inbox }),
    })
    return { state: 'stored', seq, full: [], fill: [] }
  }

  #lacksRoom(): AppendOutcome | undefined {
    return this.shelf.hasRoom ? undefined : refused('store_full')
  }

  #keepPlace(name: string, { bytes, now, owner }: Weight): AppendOutcome | undefined {
    const inbox = this.current(name, now) ?? new MemoryInbox(this.#limits)
    if (name !== owner && !inbox.hasRoom(bytes)) return refused('inbox_full')
    inbox.reserve(bytes)
    this.#inboxes.set(name, inbox)
    return undefined
  }
}

function refused(code: ErrorCode): AppendOutcome {
  return { state: 'refused', code }
}

/** The body may be a view into a much larger receive buffer, which must not be kept alive by it. */
function detached(envelope: Envelope): Envelope {
  const { bytes, format } = envelope.body
  if (bytes.byteLength === bytes.buffer.byteLength) return envelope
  // Not slice(), which is another view where the bytes are a Buffer.
  return { ...envelope, body: { format, bytes: new Uint8Array(bytes) } }
}

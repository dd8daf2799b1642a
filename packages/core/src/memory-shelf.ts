import type { Envelope } from './envelope.ts'
import type { ErrorCode } from './errors.ts'
import type { ShelfEntry, ShelfQuery, StoreBounds } from './store.ts'

/** What comes onto the shelf, with what it counts for in its inbox. */
interface Shelved {
  readonly envelope: Envelope
  readonly bytes: number
  readonly inbox?: string
  readonly attempt: number
  readonly dueAt?: number
  readonly dead?: ErrorCode
  readonly at: number
}

/** What waits for a time, and what is dead, by position. */
export class MemoryShelf {
  readonly #bounds: StoreBounds
  readonly #scheduled = new Map<number, ShelfEntry & Shelved>()
  readonly #dead = new Map<number, ShelfEntry & Shelved>()
  /** How many of those that wait have no inbox yet. */
  #unbound = 0
  /** Undefined where it has to be looked for. */
  #nextDue: number | undefined = Number.POSITIVE_INFINITY

  constructor(bounds: StoreBounds) {
    this.#bounds = bounds
  }

  /** Whether one more that has no inbox yet may wait. */
  get hasRoom(): boolean {
    return this.#unbound < this.#bounds.scheduled
  }

  /** When the first is due; undefined where none waits. */
  get nextDue(): number | undefined {
    if (this.#nextDue === undefined) {
      this.#nextDue = Number.POSITIVE_INFINITY
      for (const entry of this.#scheduled.values()) this.#nextDue = Math.min(this.#nextDue, dueAt(entry))
    }
    return this.#nextDue === Infinity ? undefined : this.#nextDue
  }

  get(seq: number): ShelfEntry | undefined {
    return this.#scheduled.get(seq) ?? this.#dead.get(seq)
  }

  put(seq: number, shelved: Shelved): void {
    const entry = { seq, ...shelved }
    if (shelved.dead !== undefined) this.#bury(entry)
    else {
      this.#scheduled.set(seq, entry)
      if (shelved.inbox === undefined) this.#unbound++
      if (this.#nextDue !== undefined) this.#nextDue = Math.min(this.#nextDue, dueAt(entry))
    }
  }

  /** Takes an entry away; what it was, where it was there. */
  take(seq: number): Shelved | undefined {
    const waiting = this.#scheduled.get(seq)
    if (waiting !== undefined) {
      this.#scheduled.delete(seq)
      if (waiting.inbox === undefined) this.#unbound--
      if (dueAt(waiting) === this.#nextDue) this.#nextDue = undefined
      return waiting
    }
    const dead = this.#dead.get(seq)
    this.#dead.delete(seq)
    return dead
  }

  /** Takes away what waits for an inbox. */
  forget(inbox: string): void {
    for (const [seq, entry] of this.#scheduled) if (entry.inbox === inbox) this.take(seq)
  }

  query({ kind, until = Infinity, inbox, after = 0, limit }: ShelfQuery): ShelfEntry[] {
    const entries = kind === 'dead' ? this.#dead : this.#scheduled
    const found: ShelfEntry[] = []
    for (const { bytes: _, ...entry } of entries.values()) {
      if (found.length >= limit) break
      if (entry.seq <= after || (entry.dueAt ?? 0) > until) continue
      if (inbox === undefined || entry.inbox === inbox) found.push(entry)
    }
    return found
  }

  #bury(entry: ShelfEntry & Shelved): void {
    this.#dead.set(entry.seq, entry)
    if (this.#dead.size <= this.#bounds.deadLetters) return
    const [oldest] = this.#dead.keys()
    if (oldest !== undefined) this.#dead.delete(oldest)
  }
}

function dueAt(entry: Shelved): number {
  return entry.dueAt ?? Number.POSITIVE_INFINITY
}

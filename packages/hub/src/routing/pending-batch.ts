import {
  type Append,
  type AppendOutcome,
  type Batch,
  type CommitOutcome,
  PosthouseError,
  type RecordChange,
  type Removal,
  type RemovalOutcome,
} from '@posthouse/core'

/** Told what became of an append; an error where the store failed. */
export type AppendListener = (outcome: AppendOutcome | PosthouseError) => void

/** Told what became of a removal; an error where the store failed. */
export type RemovalListener = (outcome: RemovalOutcome | PosthouseError) => void

/** Told that a record is kept; an error where the store failed. */
export type RecordListener = (error?: PosthouseError) => void

interface PendingRemoval {
  readonly removal: Removal
  readonly listener: RemovalListener | undefined
}

/** How a record is changed. */
interface RecordOptions {
  readonly listener: RecordListener | undefined
  /** It is tried again where the store fails, and its listener is told no more. */
  readonly lasting: boolean
}

interface PendingRecord extends RecordOptions {
  readonly change: RecordChange
}

/** Told what a listener threw: that concerns nobody else. */
export type Complain = (error: unknown) => void

/** What is to be in one commit, and who wants to know. */
export class PendingBatch {
  readonly appends: Append[] = []
  readonly #listeners: AppendListener[] = []
  /** Those of the appends that are tried again. */
  readonly #lasting: { readonly entry: Append; readonly listener: AppendListener }[] = []
  readonly #acknowledgements = new Map<string, number>()
  readonly #removals: PendingRemoval[] = []
  /** True where a removal is waited for. */
  #urgent = false
  #records: PendingRecord[] = []
  readonly #waiting: (() => void)[] = []
  readonly #unshelve = new Set<number>()
  readonly #forget = new Set<string>()

  get empty(): boolean {
    return this.#acknowledgements.size === 0 && this.#removals.length === 0 && this.unhurried
  }

  /** True while nobody waits for it: it holds nothing, or only what was processed. */
  get unhurried(): boolean {
    if (this.appends.length > 0 || this.#urgent || this.#waiting.length > 0) return false
    return this.#records.length === 0 && this.#unshelve.size === 0 && this.#forget.size === 0
  }

  append(entry: Append, listener: AppendListener, lasting: boolean): void {
    this.appends.push(entry)
    this.#listeners.push(listener)
    if (lasting) this.#lasting.push({ entry, listener })
  }

  acknowledge(cursor: string, seq: number): void {
    const known = this.#acknowledgements.get(cursor)
    if (known === undefined || known < seq) this.#acknowledgements.set(cursor, seq)
  }

  /** The position that is to be acknowledged for a cursor; 0 where none is. */
  acknowledged(cursor: string): number {
    return this.#acknowledgements.get(cursor) ?? 0
  }

  remove(removal: Removal, listener: RemovalListener | undefined): void {
    this.#removals.push({ removal, listener })
    if (isUrgent(removal, listener)) this.#urgent = true
  }

  record(change: RecordChange, options: RecordOptions): void {
    this.#records.push({ change, ...options })
  }

  /** Has somebody told when it was committed, or has failed. */
  wait(listener: () => void): void {
    this.#waiting.push(listener)
  }

  unshelve(seq: number): void {
    this.#unshelve.add(seq)
  }

  forget(cursor: string): void {
    // The store forgets first: what was acknowledged before must not make the cursor anew.
    this.#acknowledgements.delete(cursor)
    this.#forget.add(cursor)
  }

  /** What the store is given. */
  written(): Batch {
    return {
      appends: this.appends,
      acknowledgements: [...this.#acknowledgements].map(([inbox, seq]) => ({ inbox, seq })),
      ...(this.#removals.length > 0 && { removals: this.#removals.map(({ removal }) => removal) }),
      ...(this.#records.length > 0 && { records: this.#records.map(({ change }) => change) }),
      ...(this.#unshelve.size > 0 && { unshelve: [...this.#unshelve] }),
      ...(this.#forget.size > 0 && { forget: [...this.#forget] }),
    }
  }

  /** Tells everyone what became of it. */
  done({ appends, removals }: CommitOutcome, complain: Complain): void {
    for (let index = 0; index < this.#listeners.length; index++) {
      try {
        this.#listeners[index]?.(appends[index] ?? noOutcome())
      } catch (error) {
        complain(error)
      }
    }
    for (const [index, { listener }] of this.#removals.entries()) {
      if (listener) attempt(() => listener(removals[index] ?? noOutcome()), complain)
    }
    for (const { listener } of this.#records) if (listener) attempt(() => listener(), complain)
    for (const listener of this.#waiting) attempt(listener, complain)
  }

  /** How full each inbox is from which something went. */
  *fills({ fill, removals }: CommitOutcome): Iterable<readonly [inbox: string, fill: number]> {
    let index = 0
    for (const inbox of this.#acknowledgements.keys()) yield [inbox, fill[index++] ?? 0]
    for (const [at, { removal }] of this.#removals.entries()) yield [removal.inbox, removals[at]?.fill ?? 0]
  }

  /** Tells everyone who waits that it failed. */
  failed(error: PosthouseError, complain: Complain): void {
    for (const listener of this.#listeners) attempt(() => listener(error), complain)
    for (const { listener } of [...this.#removals, ...this.#records]) {
      if (listener) attempt(() => listener(error), complain)
    }
    for (const listener of this.#waiting) attempt(listener, complain)
  }

  /** Takes over, to try it again, what nobody waits for in a batch that failed. */
  retry(failed: PendingBatch): void {
    for (const { entry, listener } of failed.#lasting) this.append(entry, listener, true)
    // Takes back what an older batch acknowledged; what this one still acknowledges came behind it.
    for (const cursor of failed.#forget) this.forget(cursor)
    for (const [cursor, seq] of failed.#acknowledgements) this.acknowledge(cursor, seq)
    for (const { removal, listener } of failed.#removals) if (!listener) this.remove(removal, undefined)
    for (const { change, lasting } of failed.#records) if (lasting) this.#supersede(change)
    for (const seq of failed.#unshelve) this.unshelve(seq)
  }

  #supersede(change: RecordChange): void {
    this.#records = this.#records.filter(
      (older) => older.change.kind !== change.kind || older.change.key !== change.key,
    )
    this.record(change, { listener: undefined, lasting: true })
  }
}

/** False for what was processed, as an acknowledgement tells it: nobody waits for that. */
export function isUrgent({ to }: Removal, listener: RemovalListener | undefined): boolean {
  return to !== undefined || listener !== undefined
}

/** Runs a listener and survives what it throws. */
export function attempt(listener: () => void, complain: Complain): void {
  try {
    listener()
  } catch (error) {
    complain(error)
  }
}

function noOutcome(): PosthouseError {
  return new PosthouseError('internal', 'the store gave no outcome')
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AppendOutcome, ErrorCode, ProducerPosition } from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'
import { Recent } from './recent.ts'

/** Refusals remembered per producer: as many as a client may have under way, and some. */
const maxRefusals = 1024
/** Producers that are at least in memory although they lie in the table as they are; fewer than twice as many. */
const remembered = 2048

interface Producer {
  last: number
  /** The newest `n` whose refusal had to be forgotten. */
  forgotten: number
  refused: Map<number, ErrorCode> | undefined
  /** Whether it is still to be settled. */
  changed: boolean
}

/** Remembers what each producer was answered. Bounded: the one that was unused for longest is forgotten first. */
export class Producers implements Settling {
  readonly #capacity: number
  readonly #find: StatementSync
  readonly #insert: StatementSync
  readonly #prune: StatementSync
  readonly #count: StatementSync
  readonly #changed = new Backlog<string, Producer>()
  readonly #remembered = new Recent<Producer>(remembered)
  /** The one that was looked up last: it is asked for, and then answered. */
  #latest: { readonly name: string; readonly producer: Producer } | undefined
  /** Counts on with each row that is written, so that the rows have an order of use. */
  #used: number

  constructor(database: DatabaseSync, capacity: number) {
    this.#capacity = capacity
    this.#find = database.prepare('select last, forgotten, refused from producer where name = ?')
    this.#insert = database.prepare('insert or replace into producer values(?, ?, ?, ?, ?)')
    this.#count = database.prepare('select count(*) as count from producer')
    this.#prune = database.prepare(
      'delete from producer where name in (select name from producer order by used limit ?)',
    )
    this.#used = Number(database.prepare('select coalesce(max(used), 0) as used from producer').get()?.used)
  }

  /** The last `n` that was answered; 0 for an unknown producer. */
  last(producer: string): number {
    return this.#lookUp(producer)?.last ?? 0
  }

  /** The answer that this message got before, if it did. */
  answer({ producer, n }: ProducerPosition): AppendOutcome | undefined {
    const known = this.#lookUp(producer)
    if (known === undefined || n > known.last) return undefined
    const code = known.refused?.get(n)
    if (code !== undefined) return { state: 'refused', code }
    // Whether it was refused is forgotten here, and calling a lost message a duplicate would be a lie.
    return n > known.forgotten ? { state: 'duplicate' } : { state: 'refused', code: 'window_exceeded' }
  }

  /** Remembers an answer: accepted, or refused with a code. */
  record(name: string, n: number, refused: ErrorCode | undefined): void {
    const producer =
      this.#lookUp(name) ?? this.#keep(name, { last: 0, forgotten: 0, refused: undefined, changed: false })
    // In what is replayed there may be answers that were settled before.
    if (n <= producer.last) return
    producer.last = n
    if (refused !== undefined) remember(producer, n, refused)
    if (producer.changed) return
    producer.changed = true
    this.#remembered.delete(name)
    this.#changed.set(name, producer)
  }

  begin(): void {
    this.#changed.begin()
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: name, value: producer } = next
    const { last, forgotten, refused } = producer
    this.#insert.run(name, last, forgotten, refused ? JSON.stringify([...refused]) : null, ++this.#used)
    this.#changed.done(name)
    producer.changed = false
    this.#keep(name, producer)
    if (!this.#changed.open) this.#forgetOldest()
    return this.#changed.open
  }

  #lookUp(name: string): Producer | undefined {
    if (this.#latest?.name === name) return this.#latest.producer
    const producer = this.#changed.get(name) ?? this.#remembered.get(name) ?? this.#read(name)
    if (producer !== undefined) this.#latest = { name, producer }
    return producer
  }

  #read(name: string): Producer | undefined {
    const row = this.#find.get(name)
    if (row === undefined) return undefined
    const { last, forgotten, refused } = row
    const facts = { last: Number(last), forgotten: Number(forgotten), refused: readRefused(refused) }
    return this.#keep(name, { ...facts, changed: false })
  }

  #keep(name: string, producer: Producer): Producer {
    this.#remembered.set(name, producer)
    return producer
  }

  #forgetOldest(): void {
    const excess = Number(this.#count.get()?.count) - this.#capacity
    if (excess > 0) this.#prune.run(excess)
  }
}

function remember(producer: Producer, n: number, code: ErrorCode): void {
  producer.refused ??= new Map()
  producer.refused.set(n, code)
  if (producer.refused.size <= maxRefusals) return
  const [oldest = 0] = producer.refused.keys()
  producer.refused.delete(oldest)
  producer.forgotten = oldest
}

function readRefused(text: unknown): Map<number, ErrorCode> | undefined {
  // Written by this program, from the table of errors.
  return typeof text === 'string' ? new Map(JSON.parse(text) as [number, ErrorCode][]) : undefined
}

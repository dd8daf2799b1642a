import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type KeptCall, type KeptCallQuery, PosthouseError, randomHex } from '@posthouse/core'
import { type SqliteDurability, synchronousFor } from '../sqlite/open-database.ts'

const version = 1

/** `open` is 0 where nothing is to be done any more, otherwise the place of the reason in `reasons`. */
const schema = `
  create table call (key text primary key, at integer not null, open integer not null, size integer not null,
    body text not null) strict, without rowid;
  create index call_by_time on call (at) where open = 0;
  create index call_open on call (open, at) where open > 0;
  create table store (id text not null) strict;
  pragma user_version = ${version};
`

/** What a probe writes: more than is left in pages that are begun. */
const probeBytes = 65_536

const reasons: readonly KeptCallQuery['which'][] = ['unfinished', 'owed', 'given-up']

/** What is known of a row without reading its body. */
export interface RowFacts {
  readonly key: string
  readonly size: number
}

/** Calls in a table. Their bodies are JSON, which only whoever finds a call has to read. */
export class CallTable implements Disposable {
  readonly id: string
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #get: StatementSync

  constructor(path: string, durability: SqliteDurability) {
    this.#database = new DatabaseSync(path, { timeout: 2000 })
    const synchronous = synchronousFor(durability)
    this.#database.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma trusted_schema = off`)
    const found = Number(this.#database.prepare('pragma user_version').get()?.user_version)
    if (found > version) throw new PosthouseError('data_too_new', `${path} was written by a newer version`)
    if (found === 0) this.#create()
    this.id = String(this.#database.prepare('select id from store').get()?.id)
    this.#put = this.#database.prepare('insert or replace into call values (?, ?, ?, ?, ?)')
    this.#get = this.#database.prepare('select body from call where key = ?')
  }

  /** Every call, the oldest first. */
  *rows(): Generator<RowFacts> {
    const rows = this.#database.prepare('select key, size from call order by at').iterate()
    for (const { key, size } of rows) yield { key: String(key), size: Number(size) }
  }

  get(key: string): KeptCall | undefined {
    const row = this.#get.get(key)
    return row && readBody(row.body)
  }

  /** How large the body of a call is; nothing where the call is not there. */
  sizeOf(key: string): number | undefined {
    const row = this.#database.prepare('select size from call where key = ?').get(key)
    return row && Number(row.size)
  }

  find({ which, limit = 1000 }: KeptCallQuery): KeptCall[] {
    const text = 'select body from call where open = ? order by at limit ?'
    // SQLite takes a negative limit for none.
    const most = Number.isFinite(limit) ? limit : -1
    const rows = this.#database.prepare(text).all(reasons.indexOf(which) + 1, most)
    return rows.map(({ body }) => readBody(body))
  }

  /** Writes all of it, or nothing. */
  write(entries: Iterable<readonly [key: string, call: KeptCall | undefined, body: string]>): void {
    this.#database.exec('begin immediate')
    try {
      for (const [key, call, body] of entries) {
        if (call === undefined) this.#database.prepare('delete from call where key = ?').run(key)
        else this.#put.run(key, call.at, openness(call), body.length, body)
      }
      this.#database.exec('commit')
    } catch (error) {
      // A full disk has undone it already.
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  /** Removes the oldest that nothing is to be done about: those from before a time, or so many. */
  drop({ before, most }: { readonly before: number; readonly most: number }): RowFacts[] {
    const text = `delete from call where key in (
      select key from call where open = 0 and at <= ? order by at limit ?) returning key, size`
    const rows = this.#database.prepare(text).all(before, most)
    return rows.map(({ key, size }) => ({ key: String(key), size: Number(size) }))
  }

  /** Writes a little and takes it back: where the disk takes nothing, this fails as a call would. */
  probe(): void {
    // The keys of calls have a line break.
    this.#put.run('probe', 0, 0, probeBytes, ' '.repeat(probeBytes))
    this.#database.prepare('delete from call where key = ?').run('probe')
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #create(): void {
    this.#database.exec(`begin; ${schema}`)
    this.#database.prepare('insert into store values (?)').run(randomHex(16))
    this.#database.exec('commit')
  }
}

function openness({ state, callback }: KeptCall): number {
  if (state !== 'done') return 1
  if (callback === undefined) return 0
  return callback.nextAt === undefined ? 3 : 2
}

/** Only what was written as a call comes here. */
function readBody(body: unknown): KeptCall {
  return JSON.parse(String(body)) as KeptCall
}

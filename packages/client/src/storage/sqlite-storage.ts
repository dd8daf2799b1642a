import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { clearImmediate, setImmediate } from 'node:timers'
import { type ErrorCode, PosthouseError, reasonOf } from '@posthouse/core'
import { aText, checkOptions, oneOf, type Rules } from '@posthouse/core/options'
import type { ClientStorage, OpenStorage, StorageChange, StoredSend, StoredState } from './client-storage.ts'

/** Where a SQLite storage is, and how safe. */
export interface SqliteStorageOptions {
  /** The file. It is made where it is missing, readable for its owner alone. */
  readonly path: string
  /**
   * What a change survives: `disk` a loss of power, `process` a crash of the program, which is faster. Default `disk`.
   */
  readonly durability?: 'process' | 'disk'
}

const rules: Rules<SqliteStorageOptions> = { path: aText, durability: oneOf('process', 'disk') }

/** Marks the file as ours, in the header that SQLite leaves to programs. */
const applicationId = 0x50_48_43_4c
const version = 1

const schema = `
  create table facts (name text primary key, value any) strict, without rowid;
  create table outbox (n integer primary key, id text not null, wire any not null) strict;
  create table handled (place integer primary key autoincrement, key text not null unique) strict;
  pragma application_id = ${applicationId};
  pragma user_version = ${version};
`

/** Primary result codes of SQLite. Source: https://sqlite.org/rescode.html */
const codes: Readonly<Record<number, ErrorCode>> = { 5: 'data_in_use', 11: 'data_damaged', 26: 'data_damaged' }

/**
 * Keeps what a client must not forget in a SQLite file. One client of one process at a time may use it.
 * @throws PosthouseError `invalid_option`
 */
export function sqliteStorage(options: SqliteStorageOptions): ClientStorage {
  checkOptions('sqliteStorage', options, rules, ['path'])
  return {
    open: async (clientId, window) => {
      const { path, durability = 'disk' } = options
      let database: DatabaseSync | undefined
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        closeSync(openSync(path, 'a', 0o600))
        database = new DatabaseSync(path)
        prepare(database, durability)
        claim(database, { path, clientId })
        return new SqliteFile(database, window)
      } catch (error) {
        database?.close()
        throw fault(path, error)
      }
    },
  }
}

/** An exclusive lock is given back by the system, however the process ends. */
function prepare(database: DatabaseSync, durability: 'process' | 'disk'): void {
  database.exec(`
    pragma locking_mode = exclusive; pragma journal_mode = wal; pragma trusted_schema = off;
    pragma synchronous = ${durability === 'disk' ? 'full' : 'normal'}; begin exclusive; commit;
  `)
}

function claim(database: DatabaseSync, { path, clientId }: { readonly path: string; readonly clientId: string }): void {
  const number = (name: string): unknown => database.prepare(`pragma ${name}`).get()?.[name]
  if (database.prepare('select count(*) as tables from sqlite_schema').get()?.tables === 0) {
    database.exec(`begin; ${schema} commit`)
    database.prepare('insert into facts values (?, ?)').run('client', clientId)
    return
  }
  if (number('application_id') !== applicationId)
    throw new PosthouseError('data_damaged', `${path} is no client storage`)
  if (Number(number('user_version')) > version) {
    throw new PosthouseError('data_too_new', `${path} was written by a later version of the client`)
  }
  const damage = database.prepare('pragma quick_check(1)').get()?.quick_check
  if (damage !== 'ok') throw new PosthouseError('data_damaged', `${path} is damaged: ${damage}`)
  const owner = database.prepare("select value from facts where name = 'client'").get()?.value
  if (owner !== clientId) throw new PosthouseError('invalid_option', `${path} is the storage of ${owner}`)
}

function fault(path: string, error: unknown): PosthouseError {
  if (error instanceof PosthouseError) return error
  const code = codes[resultCode(error)] ?? 'data_unwritable'
  return new PosthouseError(code, `${path} cannot be opened: ${reasonOf(error)}`, { cause: error })
}

function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

interface Waiting {
  readonly change: StorageChange
  resolve(): void
  reject(error: PosthouseError): void
}

class SqliteFile implements OpenStorage {
  readonly state: StoredState | undefined
  readonly #database: DatabaseSync
  readonly #window: number
  readonly #statements: Readonly<Record<'fact' | 'put' | 'answered' | 'handled' | 'prune', StatementSync>>
  #waiting: Waiting[] = []
  #timer: NodeJS.Immediate | undefined

  constructor(database: DatabaseSync, window: number) {
    this.#database = database
    this.#window = window
    this.state = stateOf(database)
    this.#statements = {
      fact: database.prepare('insert or replace into facts values (?, ?)'),
      put: database.prepare('insert or replace into outbox values (?, ?, ?)'),
      answered: database.prepare('delete from outbox where n = ?'),
      handled: database.prepare('insert or ignore into handled (key) values (?)'),
      prune: database.prepare('delete from handled where place <= (select max(place) from handled) - ?'),
    }
  }

  /** Everything that comes in one turn of the event loop is one transaction. */
  write(change: StorageChange): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ change, resolve, reject })
    this.#timer ??= setImmediate(() => this.#flush())
    return promise
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return
    this.#flush()
    this.#database.close()
  }

  #flush(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    try {
      this.#database.exec('begin')
      for (const { change } of waiting) this.#apply(change)
      this.#statements.prune.run(this.#window)
      this.#database.exec('commit')
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      const error = new PosthouseError('store_failed', `the storage cannot be written: ${reasonOf(cause)}`, { cause })
      for (const { reject } of waiting) reject(error)
      return
    }
    for (const { resolve } of waiting) resolve()
  }

  #apply(change: StorageChange): void {
    const { fact, put, answered, handled } = this.#statements
    if ('put' in change) put.run(change.put.n, change.put.id, change.put.wire)
    else if ('answered' in change) answered.run(change.answered)
    else if ('handled' in change) handled.run(change.handled)
    else if ('lastN' in change) fact.run('lastN', change.lastN)
    else {
      this.#database.exec('delete from outbox; delete from handled')
      for (const [name, value] of Object.entries(change.begin)) fact.run(name, value)
    }
  }
}

function stateOf(database: DatabaseSync): StoredState | undefined {
  const rows = database.prepare('select name, value from facts').all()
  const facts = new Map(rows.map(({ name, value }) => [name, value]))
  if (!facts.has('producer')) return undefined
  const outbox = database.prepare('select n, id, wire from outbox order by n').all()
  const handled = database.prepare('select key from handled order by place').all()
  return {
    producer: String(facts.get('producer')),
    lastN: Number(facts.get('lastN')),
    dialect: String(facts.get('dialect')),
    outbox: outbox.map(({ n, id, wire }): StoredSend => {
      return { n: Number(n), id: String(id), wire: wire instanceof Uint8Array ? wire : String(wire) }
    }),
    handled: handled.map(({ key }) => String(key)),
  }
}

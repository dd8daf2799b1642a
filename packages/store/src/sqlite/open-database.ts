import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Durability, PosthouseError } from '@posthouse/core'
import { migrate } from './schema.ts'

/** The size of a page. Measured: larger than SQLite's own 4096, because a commit is one large value. */
export const pageBytes = 8192

/** What a store on a disk can promise. */
export type SqliteDurability = Exclude<Durability, 'memory'>

/** Whether a transaction waits for the disk. */
export type Synchronous = 'full' | 'normal'

/** What a durability asks for. */
export function synchronousFor(durability: SqliteDurability): Synchronous {
  return durability === 'disk' ? 'full' : 'normal'
}

/** Opens the database at `path`, which is made where it is missing, and brings it up to date. */
export function openDatabase(path: string, synchronous: Synchronous): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 2000 })
  try {
    database.exec(`pragma page_size = ${pageBytes}`)
    const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode
    if (mode !== 'wal') throw new PosthouseError('data_unwritable', 'the file system does not allow a write-ahead log')
    // A worker copies the log; what is longer than a burst needs is given back.
    database.exec(`
      pragma wal_autocheckpoint = 0; pragma journal_size_limit = 67108864; pragma cache_size = -8192;
      pragma temp_store = memory; pragma trusted_schema = off; pragma synchronous = ${synchronous};
    `)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Makes the folder of `path`, and the file readable for nobody else, which its companions inherit. */
export function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

import { resolve } from 'node:path'
import {
  type Clock,
  defaultInboxLimits,
  defaultStoreBounds,
  type InboxLimits,
  type Logger,
  randomHex,
  type StoreBounds,
  silentLogger,
  systemClock,
} from '@posthouse/core'
import { aClock, aText, checkOptions, optionsOf, type Rules, wholeFrom } from '@posthouse/core/options'
import { aDurability, aLogger, amountRules } from '../option-rules.ts'
import { openFault } from './faults.ts'
import { FolderLock } from './folder-lock.ts'
import { Meta } from './meta.ts'
import { openDatabase, prepareFile, type SqliteDurability, synchronousFor } from './open-database.ts'
import { SqliteStore, type SqliteStoreParts, type StoreHandles } from './sqlite-store.ts'

/** Settings of `openSqliteStore`. */
export interface SqliteStoreOptions {
  /**
   * The file of the database. It and its folder are made where they are missing. Beside it lie `-wal`, `-shm`, `.lock`
   * and `.pid`. Where it is removed or replaced while it is in use, commits fail with `store_failed`. They do as well
   * where the disk has less than 2 MiB left, or an eighth of a small one, except for those that only make room.
   */
  readonly path: string
  /**
   * What `stored` survives. `disk`: the loss of power; each commit waits for the disk. `process`: the sudden end of
   * the process; a loss of power can take the last moments. Default `disk`.
   */
  readonly durability?: SqliteDurability
  readonly limits?: Partial<InboxLimits>
  readonly bounds?: Partial<StoreBounds>
  /** Producers remembered for duplicate detection; the one unused for longest is forgotten first. Default 100,000. */
  readonly producers?: number
  /** Its wall time decides what has expired, and nothing else. Default the system's. */
  readonly clock?: Clock
  readonly logger?: Logger
}

const rules: Rules<SqliteStoreOptions> = {
  path: aText,
  durability: aDurability,
  limits: optionsOf(amountRules(defaultInboxLimits)),
  bounds: optionsOf(amountRules(defaultStoreBounds)),
  producers: wholeFrom(1),
  clock: aClock,
  logger: aLogger,
}

/**
 * Opens the store in a SQLite database, for one process at a time.
 * @throws PosthouseError `invalid_option`, `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 * @example await using store = await openSqliteStore({ path: '.posthouse/posthouse.db' })
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  checkOptions('openSqliteStore', options, rules, ['path'])
  const path = resolve(options.path)
  try {
    prepareFile(path)
    return open(path, options)
  } catch (error) {
    throw openFault(path, error)
  }
}

function open(path: string, options: SqliteStoreOptions): SqliteStore {
  const lock = new FolderLock(path)
  try {
    const database = openDatabase(path, synchronousFor(options.durability ?? 'disk'))
    try {
      return startStore({ ...options, path }, { database, lock })
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

/** What a store can be asked to tell where it is started by itself. */
type StartOptions = SqliteStoreOptions & Pick<SqliteStoreParts, 'onPause'>

/** Starts a store in a database that is open. */
export function startStore(options: StartOptions, handles: StoreHandles): SqliteStore {
  const { onPause } = options
  const { path, durability = 'disk', clock = systemClock, logger = silentLogger, producers = 100_000 } = options
  const meta = new Meta(handles.database)
  // Written each time, so that a disk without room is noticed before anybody relies on it.
  const epoch = meta.text('epoch') ?? randomHex(8)
  meta.set('epoch', epoch)
  const limits = { ...defaultInboxLimits, ...options.limits }
  const bounds = { ...defaultStoreBounds, ...options.bounds }
  return new SqliteStore({ path, durability, ...handles, clock, logger, limits, bounds, producers, onPause }, epoch)
}

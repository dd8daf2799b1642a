import { mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Durability, type InboxStore, type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { systemCode } from './network-reason.ts'

/** What can be promised of messages that were stored. */
export const durabilities: readonly Durability[] = ['memory', 'process', 'disk']

/** What a hub keeps its things in, for itself alone until it is disposed of. */
export interface DataFolder extends AsyncDisposable {
  /** Absent where messages are kept in memory. */
  readonly store?: InboxStore
}

/** What to open. */
export interface DataFolderOptions {
  readonly folder: string
  readonly durability: Durability
  readonly logger: Logger
}

/** The database in a data folder. */
export function databasePath(folder: string): string {
  return resolve(join(folder, 'posthouse.db'))
}

/**
 * Makes the folder where it is missing, and opens what is in it.
 * @throws PosthouseError `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 */
export async function openDataFolder({ folder, durability, logger }: DataFolderOptions): Promise<DataFolder> {
  await makeFolder(folder)
  const path = databasePath(folder)
  // Only a hub needs it, and it takes longer to load than a message to send.
  const { lockFolder, openSqliteStore } = await import('@posthouse/store/sqlite')
  if (durability === 'memory') {
    const lock = lockFolder(path)
    return { [Symbol.asyncDispose]: async () => lock[Symbol.dispose]() }
  }
  const store = await openSqliteStore({ path, durability, logger })
  return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeAll(resolve(folder))
  } catch (cause) {
    throw new PosthouseError('data_unwritable', `the data folder ${folder} cannot be made: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/** Node's own way to make folders with those above them does not come to an end in file systems such as /proc. */
async function makeAll(path: string): Promise<void> {
  const kind = await stat(path).catch(absent)
  if (kind?.isDirectory()) return
  const above = dirname(path)
  if (kind === undefined && above !== path) await makeAll(above)
  await mkdir(path, { mode: 0o700 })
}

function absent(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}

import { resolve } from 'node:path'
import {
  type CallStore,
  type CallStoreBounds,
  type Clock,
  systemClock,
  defaultCallStoreBounds as usual,
} from '@posthouse/core'
import { aClock, aText, checkOptions, type Rules } from '@posthouse/core/options'
import { aDurability, amountRules } from '../option-rules.ts'
import { openFault } from '../sqlite/faults.ts'
import { FileGuard } from '../sqlite/file-guard.ts'
import { FolderLock } from '../sqlite/folder-lock.ts'
import { prepareFile, type SqliteDurability } from '../sqlite/open-database.ts'
import { CallTable } from './call-table.ts'
import { SqliteCallStore } from './sqlite-calls.ts'

/** Settings of `openCallStore`. */
export interface CallStoreOptions extends CallStoreBounds {
  /** The database, made where it is missing. Nobody else writes into it. */
  readonly path: string
  /** What a remembered call survives: `disk` the loss of power, `process` the sudden end of this process. Default `process`. */
  readonly durability?: SqliteDurability | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<CallStoreOptions> = {
  ...amountRules(usual),
  path: aText,
  durability: aDurability,
  clock: aClock,
}

/**
 * Opens a memory of calls that outlives this process, for one process at a time.
 * @throws PosthouseError `invalid_option`, `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 * @example await using store = openCallStore({ path: '.posthouse/calls.db' })
 */
export function openCallStore(options: CallStoreOptions): CallStore {
  checkOptions('openCallStore', options, rules, ['path'])
  const path = resolve(options.path)
  const { durability = 'process', clock = systemClock } = options
  const { calls = usual.calls, bytes = usual.bytes, ageMs = usual.ageMs } = options
  try {
    prepareFile(path)
    using stack = new DisposableStack()
    const lock = stack.use(new FolderLock(path))
    const table = stack.use(new CallTable(path, durability))
    const file = new FileGuard({ path })
    const store = new SqliteCallStore({ table, file, lock, clock, bounds: { calls, bytes, ageMs } })
    stack.move()
    return store
  } catch (error) {
    throw openFault(path, error)
  }
}

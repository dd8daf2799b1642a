import { randomHex } from '@posthouse/core'
import { copyDatabase } from '../sqlite/copy-database.ts'

/**
 * Copies a memory of calls, also while it is used. It has another name than the original: what was called later is not known in the
 * copy, and must not be carried out a second time because of that.
 * @throws PosthouseError `data_damaged`, `data_unwritable`
 */
export function copyCallStore(from: string, to: string): void {
  copyDatabase(from, to, (copy) => copy.prepare('update store set id = ?').run(randomHex(8)))
}

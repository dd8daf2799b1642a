import { closeSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { randomHex } from '@posthouse/core'
import { openFault, resultCode } from './faults.ts'
import { Meta } from './meta.ts'
import { prepareFile } from './open-database.ts'

/** Primary result codes that are about what is read: SQLITE_BUSY, SQLITE_CORRUPT and SQLITE_NOTADB. */
const ofSource: ReadonlySet<number> = new Set([5, 11, 26])
/** How long a copy waits for a moment in which the database can be read, in milliseconds. */
const patienceMs = 10_000

/**
 * Copies a database as it is in one moment, also while a process writes to it, and has it on the disk.
 * @param change is done to the copy before anybody sees it
 * @throws PosthouseError `data_damaged`, `data_unwritable`
 */
export function copyDatabase(from: string, to: string, change?: (copy: DatabaseSync) => void): void {
  using source = openSource(from)
  try {
    prepareFile(to)
    source.prepare('vacuum into ?').run(to)
    if (change !== undefined) {
      using copy = new DatabaseSync(to)
      change(copy)
    }
    syncFile(to)
  } catch (error) {
    throw openFault(ofSource.has(resultCode(error)) ? from : to, error)
  }
}

function openSource(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: patienceMs })
  } catch (error) {
    throw openFault(path, error)
  }
}

/**
 * Copies the database of an inbox store, also while a hub uses it. What happens to the original from then on is not in the copy, so
 * the copy has another epoch: positions of clients that were there later say nothing in it.
 * @throws PosthouseError `data_damaged`, `data_unwritable`
 */
export function copySqliteStore(from: string, to: string): void {
  copyDatabase(from, to, (copy) => new Meta(copy).set('epoch', randomHex(8)))
}

/** Waits until a file is on the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

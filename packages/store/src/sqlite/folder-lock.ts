import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PosthouseError } from '@posthouse/core'
import { openFault, resultCode } from './faults.ts'

const busy = 5
/** Primary result codes of a file that is no database. */
const damaged = new Set([11, 26])

/**
 * Sees to it that one process at a time uses a database. It is an exclusive transaction on a second, empty database:
 * a lock that the system takes back however its holder ends, and that works alike wherever SQLite does.
 */
export class FolderLock implements Disposable {
  readonly #database: DatabaseSync
  readonly #pidFile: string

  /** @throws PosthouseError `data_in_use`, naming the process that has it where that is known; `data_damaged` */
  constructor(path: string) {
    this.#pidFile = `${path}.pid`
    this.#database = new DatabaseSync(`${path}.lock`)
    try {
      this.#database.exec('begin exclusive')
    } catch (error) {
      this.#database.close()
      if (damaged.has(resultCode(error))) throw noLock(path, error)
      throw resultCode(error) === busy ? inUse(path, error) : error
    }
    // Only told in messages. A file that is left behind by a killed process is written over.
    writeFileSync(this.#pidFile, `${process.pid}\n`)
  }

  [Symbol.dispose](): void {
    rmSync(this.#pidFile, { force: true })
    this.#database.close()
  }
}

/**
 * Keeps other processes away from the database at `path`, until disposed of, also where this one keeps nothing in it.
 * @throws PosthouseError `data_in_use`, `data_unwritable`, `data_damaged`
 */
export function lockFolder(path: string): Disposable {
  try {
    return new FolderLock(path)
  } catch (error) {
    throw openFault(path, error)
  }
}

/** The process that uses the database at `path`; `undefined` where none does, 0 where it is not known. */
export function lockHolder(path: string): number | undefined {
  if (!existsSync(`${path}.lock`)) return undefined
  const database = new DatabaseSync(`${path}.lock`, { readOnly: true })
  try {
    database.exec('begin; select count(*) from sqlite_schema')
    return undefined
  } catch (error) {
    if (resultCode(error) === busy) return readPid(path)
    throw damaged.has(resultCode(error)) ? noLock(path, error) : error
  } finally {
    database.close()
  }
}

function inUse(path: string, cause: unknown): PosthouseError {
  const pid = readPid(path)
  const holder = pid === 0 ? 'another process' : pid === process.pid ? 'this process already' : `process ${pid}`
  return new PosthouseError('data_in_use', `${path} is used by ${holder}`, { cause })
}

/** Nobody should move the messages away for what is wrong with the file beside them. */
function noLock(path: string, cause: unknown): PosthouseError {
  const message = `${path}.lock is damaged; it holds no messages: where no hub uses ${path}, delete it`
  return new PosthouseError('data_damaged', message, { cause })
}

function readPid(path: string): number {
  try {
    return Number.parseInt(readFileSync(`${path}.pid`, 'utf8'), 10) || 0
  } catch {
    // It is written a moment after the lock was taken, and it is only told to people.
    return 0
  }
}

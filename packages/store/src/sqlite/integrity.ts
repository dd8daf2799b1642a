import { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '@posthouse/core'
import { envelopeOfRow } from './entry.ts'
import { openFault, resultCode } from './faults.ts'
import { isWhole } from './replay.ts'
import { schemaSteps, schemaVersion } from './schema.ts'

/** What a database was found to be. */
export interface IntegrityReport {
  /** What is wrong with it, in words; empty where nothing is. */
  readonly problems: readonly string[]
  /** The version that its schema has … */
  readonly version: number
  /** … and the one that this program makes. */
  readonly newestVersion: number
  /** The size of the database, in bytes. */
  readonly bytes: number
}

/** Problems that are told at most. */
const maxProblems = 20
/** What SQLite says where a file does not hold together: SQLITE_CORRUPT. */
const corrupt = 11

/**
 * Reads the whole database and says what is wrong with it. It changes nothing, and may be used while a hub runs.
 * @throws PosthouseError `data_damaged` where it is no database, `data_unwritable` where it cannot be opened
 */
export function integrityCheck(path: string): IntegrityReport {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2000 })
    try {
      return check(database)
    } finally {
      database.close()
    }
  } catch (error) {
    throw openFault(path, error)
  }
}

function check(database: DatabaseSync): IntegrityReport {
  const version = schemaVersion(database)
  const problems: string[] = []
  try {
    problems.push(...structuralProblems(database))
    if (version === schemaSteps.length && problems.length === 0) problems.push(...damagedRows(database))
  } catch (error) {
    if (resultCode(error) !== corrupt) throw error
    problems.push(reasonOf(error))
  }
  const bytes = number(database, 'page_count') * number(database, 'page_size')
  return { problems, version, newestVersion: schemaSteps.length, bytes }
}

function structuralProblems(database: DatabaseSync): string[] {
  const lines = database.prepare(`pragma integrity_check(${maxProblems})`).all()
  return lines.map((row) => String(row.integrity_check)).filter((line) => line !== 'ok')
}

/** Rows whose bytes are not what was written, although the database holds together. */
function* damagedRows(database: DatabaseSync): Generator<string> {
  for (const { batch, data } of database.prepare('select batch, data from journal').iterate()) {
    if (!(data instanceof Uint8Array && isWhole(data))) yield `row ${batch} of the journal is damaged`
  }
  for (const table of ['inbox', 'log', 'shelf', 'retained']) {
    for (const row of database.prepare(`select seq, checksum, envelope from ${table}`).iterate()) {
      if (!isReadable(row)) yield `the envelope at position ${row.seq} of ${table} is damaged`
    }
  }
}

function isReadable(row: Record<string, unknown>): boolean {
  try {
    envelopeOfRow({ checksum: row.checksum, envelope: row.envelope })
    return true
  } catch {
    return false
  }
}

function number(database: DatabaseSync, pragma: 'page_count' | 'page_size'): number {
  return Number(database.prepare(`pragma ${pragma}`).get()?.[pragma])
}

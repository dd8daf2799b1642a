import { type ErrorCode, PosthouseError, reasonOf } from '@posthouse/core'
import { needOf } from './disk-room.ts'

/** Primary result codes of SQLite. Source: https://sqlite.org/rescode.html */
const codes: Readonly<Record<number, ErrorCode>> = {
  1: 'data_damaged', // SQLITE_ERROR: the tables are not those of its version
  3: 'data_unwritable', // SQLITE_PERM
  5: 'data_in_use', // SQLITE_BUSY
  8: 'data_unwritable', // SQLITE_READONLY
  10: 'data_unwritable', // SQLITE_IOERR
  11: 'data_damaged', // SQLITE_CORRUPT
  13: 'data_unwritable', // SQLITE_FULL
  14: 'data_unwritable', // SQLITE_CANTOPEN
  26: 'data_damaged', // SQLITE_NOTADB
}

/** The primary result code in an error of `node:sqlite`, 0 for any other error. */
export function resultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0
  return typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

/** What went wrong with the database at `path` when it was opened, in our words. */
export function openFault(path: string, error: unknown): PosthouseError {
  if (error instanceof PosthouseError) return error
  const code = codes[resultCode(error)] ?? (isFileFault(error) ? 'data_unwritable' : 'store_failed')
  const reason = isFull(error) ? `${reasonOf(error)}; ${needOf(path)}` : reasonOf(error)
  return new PosthouseError(code, `${path} ${complaints[code] ?? 'cannot be opened'}: ${reason}`, { cause: error })
}

/** True where the disk has no room, whoever found it out. */
function isFull(error: unknown): boolean {
  return resultCode(error) === 13 || (isFileFault(error) && 'code' in error && error.code === 'ENOSPC')
}

const complaints: Partial<Record<ErrorCode, string>> = {
  data_unwritable: 'cannot be written',
  data_in_use: 'is used by another process',
  data_damaged: 'is damaged or no Posthouse data',
}

/** True for errors of `node:fs`, such as ENOTDIR and EACCES. */
function isFileFault(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}

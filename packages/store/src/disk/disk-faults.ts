import { isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'
import { resultCode } from '../sqlite/faults.ts'

const fullDatabase = 13

/** What went wrong while `what` was written, in our words. */
export function writeFault(what: string, error: unknown): PosthouseError {
  if (isPosthouseError(error)) return error
  const full = resultCode(error) === fullDatabase || ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(error))
  const message = full ? `the disk has no room for ${what}` : `${what} could not be written`
  return new PosthouseError(full ? 'no_room' : 'store_failed', `${message}: ${reasonOf(error)}`, { cause: error })
}

/** What went wrong while the file `key` was read, in our words. */
export function readFault(key: string, error: unknown, isGone: () => boolean): PosthouseError {
  if (isPosthouseError(error)) return error
  const lost = ['ENOENT', 'ELOOP'].includes(systemCode(error))
  if (lost && isGone()) return new PosthouseError('unknown_file', `${key} was removed`, { cause: error })
  const message = lost ? `the bytes of ${key} are not where they were put` : `${key} cannot be read`
  return new PosthouseError(lost ? 'data_damaged' : 'store_failed', `${message}: ${reasonOf(error)}`, { cause: error })
}

/** The name that the system gives to an error, such as ENOENT; nothing for other errors. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

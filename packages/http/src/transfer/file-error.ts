import { isPosthouseError, PosthouseError } from '@posthouse/core'

/** What to do, by what the system said. */
const advice: Readonly<Record<string, string>> = {
  EACCES: 'look at its permissions and those of its folder',
  EPERM: 'look at its permissions and those of its folder',
  EROFS: 'its disk can only be read; choose another folder',
  ENOENT: 'make its folder first, or look at the spelling',
  ENOTDIR: 'a part of the path is a file and no folder',
  EISDIR: 'it is a folder; name a file in it',
  ELOOP: 'it is a link, which would be followed to somewhere else; remove it',
  ENAMETOOLONG: 'choose a shorter name',
  ENOSPC: 'the disk is full; free some space, and it goes on where it stopped',
  EDQUOT: 'the quota is used up; free some space, and it goes on where it stopped',
  EFBIG: 'its file system allows no file of this size',
  EMFILE: 'the process has too many files open',
}

/** What the system says about a file, as an error of ours that says what to do. */
export function fileError(path: string, cause: unknown): PosthouseError {
  if (isPosthouseError(cause)) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return unusable(path, Object.hasOwn(advice, code) ? (advice[code] ?? '') : String(cause), { cause })
}

/** The error for a file that cannot be used as it is. */
export function unusable(path: string, why: string, options?: ErrorOptions): PosthouseError {
  return new PosthouseError('file_unusable', `${path} cannot be used: ${why}`, options)
}

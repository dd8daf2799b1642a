import { assertBlobKey, PosthouseError } from '@posthouse/core'

/** Where a file is found below `root`: each part of its key is encoded. */
export function pathOfKey(root: string, key: string): string {
  return `${root}/${key.split('/').map(encodeURIComponent).join('/')}`
}

/**
 * The key of the file that a path is about; undefined for `root` itself.
 * @throws PosthouseError `invalid_key`
 */
export function keyOfPath(root: string, path: string): string | undefined {
  if (path === root || path === `${root}/`) return undefined
  try {
    return assertBlobKey(decodeURIComponent(path.slice(root.length + 1)))
  } catch (cause) {
    throw new PosthouseError('invalid_key', `${JSON.stringify(path.slice(0, 200))} is the path of no file`, { cause })
  }
}

/**
 * The key of an entry: its folder's, and the relative path with what no key may have in it encoded. Spec: 11.2.2.
 * @throws PosthouseError `invalid_key`
 */
export function entryKey(folder: string, path: string): string {
  return assertBlobKey(folder + path.replace(/[%\\\p{Cc}]/gu, encodeURIComponent))
}

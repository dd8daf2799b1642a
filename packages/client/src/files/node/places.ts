import type { Stats } from 'node:fs'
import { lstat, mkdir, realpath, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { PosthouseError, reasonOf } from '@posthouse/core'

/** What stays free, in bytes: a disk that is full to the last byte stops more than a download. */
const spareBytes = 1_048_576

/**
 * A directory that exists, by its real name.
 * @throws PosthouseError `target_failed`
 */
export async function realDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true })
    return await realpath(directory)
  } catch (cause) {
    throw targetFailed(directory, cause)
  }
}

/** Makes directories below one that is given, and only there: a link on the way is no way. */
export class Places {
  readonly root: string
  readonly #made = new Map<string, Promise<void>>()

  /** @param root a real directory. */
  constructor(root: string) {
    this.root = root
  }

  /**
   * The path of a file whose directories are there.
   * @throws PosthouseError `target_failed`
   */
  async file(parts: readonly string[]): Promise<string> {
    await this.directory(parts.slice(0, -1))
    return join(this.root, ...parts)
  }

  /** @throws PosthouseError `target_failed` */
  async directory(parts: readonly string[]): Promise<string> {
    let path = this.root
    for (const part of parts) {
      path = join(path, part)
      const at = path
      const made = this.#made.get(at) ?? makeDirectory(at)
      this.#made.set(at, made)
      await made
    }
    return path
  }
}

/** What is at a path itself, not behind a link; undefined where nothing is. */
export async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw targetFailed(path, cause)
  }
}

/** @throws PosthouseError `no_room` */
export async function assertRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }))
  if (bytes + spareBytes <= bavail * bsize || bytes === 0) return
  throw new PosthouseError('no_room', `${bytes} bytes do not fit into ${directory}, where ${bavail * bsize} are free`)
}

/** A failure of the disk, under its name. */
export function targetFailed(path: string, cause: unknown): PosthouseError {
  if (cause instanceof PosthouseError) return cause
  const full = isCode(cause, 'ENOSPC') || isCode(cause, 'EDQUOT')
  return new PosthouseError(full ? 'no_room' : 'target_failed', `${path} cannot be written: ${reasonOf(cause)}`, {
    cause,
  })
}

export function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) throw targetFailed(path, cause)
    const there = await lookAt(path)
    if (there?.isDirectory()) return
    const what = there?.isSymbolicLink() ? 'a link' : 'no directory'
    throw new PosthouseError('target_failed', `${path} is ${what}; nothing is saved through it`)
  }
}

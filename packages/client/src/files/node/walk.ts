import { constants, type Dirent, type Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { SkippedEntry } from '../manifest.ts'

/** A file or folder that was found. */
interface FoundEntry {
  /** Relative to where the walk began, with `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly size: number
  readonly executable: boolean
  /** In Unix milliseconds, whole ones. */
  readonly mtime: number
}

/** All that a folder holds. */
export interface Walk {
  readonly entries: readonly FoundEntry[]
  readonly skipped: readonly SkippedEntry[]
}

/** How many files are looked at side by side. */
const parallel = 32

/**
 * Walks a folder, in the order of names: hidden files and empty folders are there, links are not followed but told of.
 * @throws PosthouseError `source_failed` where the folder itself cannot be read, `aborted`
 */
export async function walkFolder(root: string, signal?: AbortSignal): Promise<Walk> {
  const walk = { entries: [] as FoundEntry[], skipped: [] as SkippedEntry[] }
  const found = await lstat(root).catch(failed(root))
  if (!found.isDirectory()) throw new PosthouseError('source_failed', `${root} is no folder`)
  await visit(root, '', { ...walk, signal })
  return walk
}

interface Visit {
  readonly entries: FoundEntry[]
  readonly skipped: SkippedEntry[]
  readonly signal: AbortSignal | undefined
}

async function visit(folder: string, path: string, into: Visit): Promise<void> {
  assertGoing(into.signal)
  const inside = await namesIn(folder, path, into)
  for (let at = 0; at < inside.length; at += parallel) {
    const group = inside.slice(at, at + parallel)
    const stats = await Promise.all(group.map((entry) => lookAt(join(folder, entry.name))))
    for (const [index, entry] of group.entries()) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`
      await take({ below, full: join(folder, entry.name), stats: stats[index] }, into)
    }
  }
}

async function take(
  { below, full, stats }: { readonly below: string; readonly full: string; readonly stats: Stats | undefined },
  into: Visit,
): Promise<void> {
  if (stats === undefined) into.skipped.push({ path: below, reason: 'unreadable' })
  else if (stats.isSymbolicLink()) into.skipped.push({ path: below, reason: 'symlink' })
  else if (stats.isDirectory()) {
    into.entries.push(entryOf(below, stats))
    await visit(full, below, into)
  } else if (stats.isFile()) into.entries.push(entryOf(below, stats))
  else into.skipped.push({ path: below, reason: 'special' })
}

async function namesIn(folder: string, path: string, into: Visit): Promise<readonly Dirent[]> {
  try {
    const inside = await readdir(folder, { withFileTypes: true })
    return inside.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    if (path === '') throw failure(folder, cause)
    into.skipped.push({ path, reason: 'unreadable' })
    return []
  }
}

function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined)
}

function entryOf(path: string, stats: Stats): FoundEntry {
  const isFile = stats.isFile()
  return {
    path,
    kind: isFile ? 'file' : 'directory',
    size: isFile ? stats.size : 0,
    executable: isFile && (stats.mode & constants.S_IXUSR) !== 0,
    mtime: Math.trunc(stats.mtimeMs),
  }
}

function assertGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PosthouseError('aborted', 'the caller gave up', { cause: signal.reason })
}

function failed(path: string): (cause: unknown) => never {
  return (cause) => {
    throw failure(path, cause)
  }
}

function failure(path: string, cause: unknown): PosthouseError {
  return new PosthouseError('source_failed', `${path} cannot be read: ${reasonOf(cause)}`, { cause })
}

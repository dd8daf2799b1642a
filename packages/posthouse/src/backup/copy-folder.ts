import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { systemCode } from '../network-reason.ts'

/** A backup of a data folder. */
export interface Backup {
  readonly from: string
  readonly to: string
  /** Whole files of clients. */
  readonly files: number
  /** Uploads that can go on. */
  readonly uploads: number
  /** What the files of clients take. */
  readonly bytes: number
}

/** A database, with all that lies beside it, and the lock. */
const ofDatabase = /\.db(?:$|[-.])/

/**
 * Copies a data folder as it is now, also while a node uses it, into a new folder that a node can be started with. It is there when
 * all of it is, and on the disk.
 * @throws PosthouseError `invalid_option`, `data_damaged`, `data_unwritable`, `aborted`
 */
export async function copyDataFolder(from: string, to: string, signal: AbortSignal): Promise<Backup> {
  const [source, target] = [resolve(from), resolve(to)]
  if (!existsSync(join(source, 'posthouse.db')) && !existsSync(join(source, 'files'))) {
    throw new PosthouseError('invalid_option', `there is no data of a node in ${from}: name its folder with --data`)
  }
  if (`${target}${sep}`.startsWith(`${source}${sep}`)) {
    throw new PosthouseError(
      'invalid_option',
      `${to} lies in ${from} and would be lost with it: name a folder elsewhere`,
    )
  }
  await assertFree(target)
  const unfinished = await unfinishedFolder(target)
  try {
    const copied = await copyParts(source, unfinished, signal)
    await put(unfinished, target)
    return { from: source, to: target, ...copied }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (signal.aborted) throw new PosthouseError('aborted', 'there is no backup: it was given up', { cause: error })
    throw error
  }
}

/**
 * The messages come first: each file that one tells of was whole before, so it is in what is copied next, unless it was removed.
 */
async function copyParts(from: string, to: string, signal: AbortSignal): Promise<Omit<Backup, 'from' | 'to'>> {
  if (existsSync(join(from, 'posthouse.db'))) {
    const { copySqliteStore } = await import('@posthouse/store/sqlite')
    copySqliteStore(join(from, 'posthouse.db'), join(to, 'posthouse.db'))
  }
  if (existsSync(join(from, 'calls.db'))) {
    const { copyCallStore } = await import('@posthouse/store/calls')
    copyCallStore(join(from, 'calls.db'), join(to, 'calls.db'))
  }
  await copyOthers(from, to)
  if (!existsSync(join(from, 'files', 'files.db'))) return { files: 0, uploads: 0, bytes: 0 }
  const { copyDiskFiles } = await import('@posthouse/store/disk')
  return copyDiskFiles(join(from, 'files'), join(to, 'files'), { signal })
}

/** Secrets, keys and the clients of cross_comm. They are replaced as wholes, so each is one or the other. */
async function copyOthers(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (ofDatabase.test(name)) continue
    const path = join(to, name)
    try {
      // A link stands for what it leads to.
      if (!(await stat(join(from, name))).isFile()) continue
      await copyFile(join(from, name), path)
      await sync(path)
    } catch (error) {
      // What was there for a moment only belongs to something that is written now.
      if (systemCode(error) !== 'ENOENT') throw unwritable(path, error)
    }
  }
}

/** @throws PosthouseError `invalid_option` */
async function assertFree(target: string): Promise<void> {
  const found = await readdir(target).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw new PosthouseError('invalid_option', `${target} cannot be the folder of a backup: ${reasonOf(error)}`)
  })
  if (found.length > 0) throw new PosthouseError('invalid_option', `${target} is not empty: name a new folder`)
}

async function unfinishedFolder(target: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(target), `${basename(target)}.unfinished-`))
  } catch (error) {
    throw unwritable(target, error)
  }
}

async function put(unfinished: string, target: string): Promise<void> {
  try {
    await rename(unfinished, target)
    if (process.platform !== 'win32') await sync(dirname(target))
  } catch (error) {
    throw unwritable(target, error)
  }
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

function unwritable(path: string, cause: unknown): PosthouseError {
  return new PosthouseError('data_unwritable', `${path} cannot be written: ${reasonOf(cause)}`, { cause })
}

import { access, constants, copyFile, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { reasonOf } from '@posthouse/core'
import { systemCode } from '../network-reason.ts'
import { statusFileName } from '../status-file-name.ts'
import { databaseFindings } from './database.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { mebibytes } from './machine.ts'

const littleSpace = 1024 * 1_048_576
const tooLittleSpace = 64 * 1_048_576

/** What is to be said of the folder in which a hub keeps its things. */
export async function dataFindings(folder: string): Promise<readonly Finding[]> {
  const path = resolve(folder)
  const kind = await kindOf(path)
  if (kind === 'missing') return [await parentFinding(path), await spaceFinding(await existing(path))]
  if (kind !== 'folder') return [problem('data folder', `${path} is ${kind}`, 'Name a folder with --data.')]
  const rights = await rightsFinding(path)
  if (rights.verdict === 'problem') return [rights]
  const database = await databaseFindings(path)
  return [rights, await spaceFinding(path), ...database, ...(await leftovers(path)), ...(await statusFindings(path))]
}

async function kindOf(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'a file'
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return 'missing'
    return code === 'ENOTDIR' ? 'inside of a file' : `out of reach: ${reasonOf(error)}`
  }
}

/** The nearest folder above that exists. */
async function existing(path: string): Promise<string> {
  let above = dirname(path)
  while ((await kindOf(above)) === 'missing' && dirname(above) !== above) above = dirname(above)
  return above
}

async function parentFinding(path: string): Promise<Finding> {
  const above = await existing(path)
  const rights = await rightsFinding(above)
  return rights.verdict === 'ok' ? ok('data folder', `${path} will be made when a hub starts`) : rights
}

async function rightsFinding(path: string): Promise<Finding> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok('data folder', `${path} can be written to`)
  } catch (error) {
    const advice = 'Give this user the right to write there, or name another folder with --data.'
    return problem('data folder', `${path} cannot be used: ${reasonOf(error)}`, advice)
  }
}

async function spaceFinding(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  const says = `${mebibytes(free)} are free at ${path}`
  if (free < tooLittleSpace) return problem('disk', says, 'Make room, or name a folder on another disk with --data.')
  if (free < littleSpace) return warning('disk', says, 'Make room before it runs full.')
  return ok('disk', says)
}

/** Files that a hub writes before it puts them in place; those of a hub that was killed stay. */
async function leftovers(path: string): Promise<readonly Finding[]> {
  const names = (await readdir(path)).filter((name) => isLeftover(name))
  if (names.length === 0) return []
  const says = `${names.length} unfinished file${names.length === 1 ? '' : 's'} of a hub that was killed: ${names.join(', ')}`
  return [warning('leftovers', says, 'They can be deleted.')]
}

function isLeftover(name: string): boolean {
  const [, pid] = /\.(\d+)\.tmp$/.exec(name) ?? []
  if (pid === undefined) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}

/** Lets a hub of its own read a copy: that one judges as the real one will, and changes nothing. */
async function statusFindings(path: string): Promise<readonly Finding[]> {
  const file = join(path, statusFileName)
  if ((await kindOf(file)) === 'missing') return []
  const { Hub } = await import('@posthouse/hub')
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-doctor-'))
  try {
    const copy = join(folder, statusFileName)
    await copyFile(file, copy)
    await using hub = new Hub({ statusFile: copy })
    await hub.start()
    return [ok('status file', `clients known from ${file}: ${hub.clients({ online: false }).length}`)]
  } catch (error) {
    const says = `${file} cannot be read: ${reasonOf(error).replace(/^.*is not a readable status file: /, '')}`
    return [problem('status file', says, 'Mend it, or move it away: a hub does not start with it.')]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

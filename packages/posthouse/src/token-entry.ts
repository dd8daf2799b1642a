import { mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPosthouseError, PosthouseError, randomHex, reasonOf } from '@posthouse/core'
import type { Permission } from '@posthouse/hub'
import { systemCode } from './network-reason.ts'

/** An entry of a token file. */
export interface TokenEntry {
  readonly name: string
  readonly hash: string
  readonly clients?: readonly string[]
  readonly permissions?: readonly Permission[]
  /** A moment as ISO 8601 writes it. */
  readonly expires?: string
}

/** The entry as YAML: what is behind the names is JSON, which YAML contains. */
export function entryText(entry: TokenEntry): string {
  const [first = '', ...rest] = Object.entries(entry).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)].join('\n')
}

/**
 * Has a hub's own reader judge an entry.
 * @throws PosthouseError `invalid_option`
 */
export async function checkEntry(entry: TokenEntry): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-token-'))
  try {
    const file = join(folder, 'entry')
    await writeFile(file, entryText(entry))
    await assertReadable(file, file)
  } catch (error) {
    if (!isPosthouseError(error)) throw error
    throw new PosthouseError('invalid_option', error.message.replace(/^.*: entry 1: /, ''), { cause: error })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Adds an entry to a token file, which is made where there is none. The file is replaced as a whole, and only by one that a
 * hub can read.
 * @throws PosthouseError `token_file`
 */
export async function appendEntry(file: string, entry: TokenEntry): Promise<void> {
  const { text, mode } = await existing(file)
  const temporary = `${file}.${randomHex(4)}.tmp`
  try {
    await writeThrough(temporary, extended(text, entry), mode)
    await assertReadable(temporary, file)
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, { force: true })
    if (isPosthouseError(cause)) throw cause
    throw new PosthouseError('token_file', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

function extended(text: string, entry: TokenEntry): string {
  const list: unknown = text.trimStart().startsWith('[') ? parse(text) : undefined
  if (Array.isArray(list) && list.length > 0) return `${JSON.stringify([...list, entry], null, 2)}\n`
  const before = Array.isArray(list) ? '' : text
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${entryText(entry)}\n`
}

/** Where it is no JSON, it is left to the hub's reader to say what is wrong with the result. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function existing(file: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    return { text: await readFile(file, 'utf8'), mode: (await stat(file)).mode & 0o777 }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return { text: '', mode: 0o600 }
    throw new PosthouseError('token_file', `${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

async function writeThrough(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.writeFile(text)
  await file.sync()
}

/** Names the file that is meant, and not the one that was read in its stead. */
async function assertReadable(file: string, meant: string): Promise<void> {
  const { tokenFile } = await import('@posthouse/hub')
  try {
    tokenFile(file)
  } catch (cause) {
    throw new PosthouseError('token_file', reasonOf(cause).replace(file, meant), { cause })
  }
}

import { Buffer } from 'node:buffer'
import { rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { isPosthouseError, PosthouseError } from '@posthouse/core'
import { fetchBytes } from '../fetch-bytes.ts'
import { listFolder } from '../list-folder.ts'
import { decodeManifest, type ManifestEntry } from '../manifest.ts'
import type { SaveRequest } from '../platform.ts'
import { safeName, safePath } from '../safe-name.ts'
import { SafeTree } from '../safe-tree.ts'
import { parallelOf } from '../send-folder.ts'
import { sideBySide } from '../side-by-side.ts'
import type { Transfer } from '../transfer.ts'
import type { Downloaded } from '../transfer-options.ts'
import { assertRoom, lookAt, Places, realDirectory, targetFailed } from './places.ts'
import { fetchPart, firstFree } from './save-file.ts'
import { shortDigest } from './short-digest.ts'

const windows = process.platform === 'win32'
/** The hub is asked for so many places at a time. */
const batchFiles = 200
/** A list of entries that is larger is not believed. */
const manifestBytes = 512 * 1_048_576

type Entry = Omit<ManifestEntry, 'key'> & { readonly key?: string; readonly parts: readonly string[] }

/** Fetches a folder into a directory: it gets its name when all of it is there. */
export async function saveFolder(request: SaveRequest): Promise<Downloaded> {
  // Where another program was faster, what it has saved is found now.
  const saved = (await saveOnce(request)) ?? (await saveOnce(request))
  if (saved !== undefined) return saved
  throw new PosthouseError('target_failed', `another program saves ${request.file.key} there, too`)
}

/** Resolves to nothing where another program has named the folder meanwhile. */
async function saveOnce(request: SaveRequest): Promise<Downloaded | undefined> {
  const { fetcher, file, directory, options } = request
  const { meter } = fetcher.transfer
  const places = new Places(await realDirectory(directory))
  const byName = options.saveAs === 'name'
  const parts = byName ? [safeName(file.name, { windows })] : safePath(file.key, { windows })
  const final = await finalPlace(places, parts, byName)
  const done = (path: string, size: number): Downloaded => {
    meter.end()
    return { path: join(directory, path.slice(places.root.length + 1)), name: file.name, size }
  }
  if (!byName && (await lookAt(final))?.isDirectory()) return done(final, 0)
  const staging = byName ? join(places.root, `${parts[0]}.${shortDigest(file.key)}.part`) : `${final}.part`
  const inside = new Places(await realStaging(staging))
  const entries = placed(await entriesOf(request), await foldsNames(inside.root))
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  await assertRoom(places.root, size)
  meter.ofFiles(entries.filter(({ kind }) => kind === 'file').length, size)
  try {
    await fill(request, inside, entries)
    const path = byName ? await finalPlace(places, parts, true) : final
    await rename(join(inside.root, 'files'), path)
    await rm(inside.root, { recursive: true, force: true })
    return done(path, size)
  } catch (cause) {
    if ((await lookAt(join(inside.root, 'files'))) === undefined) return undefined
    throw targetFailed(final, cause)
  }
}

async function finalPlace(places: Places, parts: readonly string[], byName: boolean): Promise<string> {
  if (byName) return (await firstFree(places.root, parts[0] ?? '_', async () => false)).path
  const path = await places.file(parts)
  const there = await lookAt(path)
  if (there && !there.isDirectory()) throw new PosthouseError('target_failed', `${path} is there and is no folder`)
  return path
}

async function realStaging(path: string): Promise<string> {
  const places = new Places(dirname(path))
  const name = path.slice(places.root.length + 1)
  await places.directory([name, 'files'])
  await places.directory([name, 'parts'])
  return path
}

/** Whether two names that differ in case, or in their Unicode form, are one there. */
async function foldsNames(root: string): Promise<boolean> {
  await writeFile(join(root, 'parts', 'Caf\u00e9'), '')
  const folds = await Promise.all(
    ['caf\u00e9', 'Cafe\u0301'].map((name) =>
      stat(join(root, 'parts', name)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return folds.includes(true)
}

/** What the folder holds: as its manifest says, or as the hub lists it where a cross_comm program has sent it. */
async function entriesOf({ fetcher, file }: SaveRequest): Promise<readonly Omit<Entry, 'parts'>[]> {
  const { transfer } = fetcher
  const manifest = file.manifest ?? (await manifestBeside(transfer, file.key))
  if (manifest === undefined) return listed(transfer, file.key)
  const { parts } = await fetchBytes(fetcher, manifest, { most: manifestBytes })
  transfer.meter.restart()
  return decodeManifest(Buffer.concat(parts)).entries
}

/** Where the manifest of a folder lies of which only the key is known. Those of cross_comm programs have none. Spec: 11.2.1. */
async function manifestBeside(transfer: Transfer, key: string): Promise<string | undefined> {
  if (!key.endsWith('_folder/')) return undefined
  const manifest = `${key.slice(0, -1)}.json`
  try {
    return (await transfer.askPlace(manifest)).key
  } catch (error) {
    if (isPosthouseError(error) && (error.code === 'unknown_file' || error.code === 'forbidden')) return undefined
    throw error
  }
}

async function listed(transfer: Transfer, key: string): Promise<Omit<Entry, 'parts'>[]> {
  const prefix = key.endsWith('/') ? key : `${key}/`
  const entries: Omit<Entry, 'parts'>[] = []
  for await (const page of listFolder(transfer, prefix)) {
    for (const { key: at, size, at: mtime } of page) {
      const path = at.startsWith(prefix) ? at.slice(prefix.length) : ''
      // Consoles of buckets show a folder as an empty object of its name.
      if (path === '' || path.endsWith('/')) continue
      entries.push({ path, kind: 'file', size, executable: false, mtime, key: at })
    }
  }
  return entries
}

function placed(entries: readonly Omit<Entry, 'parts'>[], folds: boolean): readonly Entry[] {
  const tree = new SafeTree({ windows, folds })
  return entries.map((entry) => ({ ...entry, parts: tree.place(entry.path, entry.kind) }))
}

async function fill(request: SaveRequest, inside: Places, entries: readonly Entry[]): Promise<void> {
  const { meter } = request.fetcher.transfer
  const folders = entries.filter(({ kind }) => kind === 'directory')
  for (const { parts } of folders) await inside.directory(['files', ...parts])
  const files = await missing(inside, entries, (entry) => {
    meter.skip(entry.size)
    meter.fileDone()
  })
  const numbers = new Map(entries.map((entry, number) => [entry, number]))
  for (let at = 0; at < files.length; at += batchFiles) {
    await fetchBatch(request, { inside, batch: files.slice(at, at + batchFiles), numbers })
  }
  // From within to without: whatever is put into a folder changes its time.
  for (const { parts, mtime } of folders.toReversed()) {
    await utimes(join(inside.root, 'files', ...parts), mtime / 1000, mtime / 1000).catch(() => undefined)
  }
}

interface Batch {
  readonly inside: Places
  readonly batch: readonly Entry[]
  /** By which a part is found again in another life. */
  readonly numbers: ReadonlyMap<Entry, number>
}

async function fetchBatch({ fetcher, options }: SaveRequest, { inside, batch, numbers }: Batch): Promise<void> {
  const found = await fetcher.transfer.askPlaces(batch.map(({ key, path }) => key ?? path))
  await sideBySide(batch, parallelOf(options), async (entry, index) => {
    const place = found[index]
    if (place === undefined || !('url' in place)) throw place ?? new PosthouseError('unknown_file', entry.path)
    await saveEntry({ fetcher, inside }, { entry, place, number: numbers.get(entry) ?? 0 })
    fetcher.transfer.meter.fileDone()
  })
}

/** The files that are not there yet: each got its name when it was whole. */
async function missing(inside: Places, entries: readonly Entry[], there: (entry: Entry) => void): Promise<Entry[]> {
  const files: Entry[] = []
  for (const entry of entries) {
    if (entry.kind !== 'file') continue
    const path = await inside.file(['files', ...entry.parts])
    if ((await lookAt(path))?.size === entry.size) there(entry)
    else files.push(entry)
  }
  return files
}

async function saveEntry(
  { fetcher, inside }: { readonly fetcher: SaveRequest['fetcher']; readonly inside: Places },
  {
    entry,
    place,
    number,
  }: {
    readonly entry: Entry
    readonly place: Parameters<typeof fetchPart>[1]['content']['place']
    readonly number: number
  },
): Promise<void> {
  const { executable, mtime, size } = entry
  const sha256 = entry.sha256 ?? place.sha256
  if (place.size !== size)
    throw new PosthouseError('content_mismatch', `${entry.path} has ${place.size} bytes, not ${size}`)
  const path = join(inside.root, 'files', ...entry.parts)
  const part = join(inside.root, 'parts', `${number}.part`)
  const content = { place, ...(sha256 !== undefined && { sha256 }) }
  const mode = { executable, mtime }
  const saved = await fetchPart(fetcher, { path: part, content, mode }, (whole) => whole.rename(path))
  if (saved || (await lookAt(path))?.size === size) return
  throw new PosthouseError('target_failed', `another program has taken ${part}`)
}

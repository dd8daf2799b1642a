import { link } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { PosthouseError } from '@posthouse/core'
import type { FetchPlace } from '../grant.ts'
import type { SaveRequest } from '../platform.ts'
import { numberedName, safeName, safePath } from '../safe-name.ts'
import type { Downloaded } from '../transfer-options.ts'
import { hasContent, PartFile } from './part-file.ts'
import { assertRoom, isCode, lookAt, Places, realDirectory, targetFailed } from './places.ts'
import { shortDigest } from './short-digest.ts'

const rules = { windows: process.platform === 'win32' }
/** A file that arrived changed is fetched once more. */
const attempts = 2
/** Names that are tried before one gives up. */
const mostNumbers = 10_000

/** Fetches one file into a directory. */
export async function saveFile({ fetcher, file, directory, options }: SaveRequest): Promise<Downloaded> {
  const places = new Places(await realDirectory(directory))
  const place = await fetcher.transfer.askPlace(file.key)
  const sha256 = place.sha256 ?? file.sha256
  const { name } = file
  const content: Content = { place, ...(sha256 !== undefined && { sha256 }) }
  fetcher.transfer.meter.expect(place.size)
  const save = (): Promise<string | undefined> =>
    options.saveAs === 'name'
      ? saveByName({ fetcher, places }, safeName(name, rules), content)
      : saveByKey({ fetcher, places }, safePath(file.key, rules), content)
  // Where another program was faster, what it has saved is found now.
  const path = (await save()) ?? (await save())
  if (path === undefined) throw new PosthouseError('target_failed', `another program saves ${file.key} there, too`)
  fetcher.transfer.meter.end()
  return {
    path: join(directory, path.slice(places.root.length + 1)),
    name,
    size: place.size,
    ...(sha256 && { sha256 }),
  }
}

/** Content that is to be fetched. */
export interface Content {
  readonly place: FetchPlace
  readonly sha256?: string
}

interface Into {
  readonly fetcher: SaveRequest['fetcher']
  readonly places: Places
}

/** Resolves to nothing where another program was faster. */
async function saveByKey(
  { fetcher, places }: Into,
  parts: readonly string[],
  content: Content,
): Promise<string | undefined> {
  const path = await places.file(parts)
  const there = await lookAt(path)
  if (there && !there.isFile()) throw new PosthouseError('target_failed', `${path} is there and is no file`)
  if (there && (await hasContent(path, content.place.size, content.sha256))) return path
  await assertRoom(places.root, content.place.size)
  const saved = await fetchPart(fetcher, { path: `${path}.part`, content }, (part) => part.rename(path))
  return saved ? path : undefined
}

/** Resolves to nothing where another program was faster. */
async function saveByName({ fetcher, places }: Into, name: string, content: Content): Promise<string | undefined> {
  const { size } = content.place
  const known = await firstFree(places.root, name, (path) => hasContent(path, size, content.sha256))
  if (known.there) return known.path
  await assertRoom(places.root, size)
  const part = join(places.root, `${name}.${shortDigest(content.place.key)}.part`)
  let path: string | undefined
  await fetchPart(fetcher, { path: part, content }, async (whole) => {
    path = await claim(whole, places.root, name)
    return path !== undefined
  })
  return path
}

/** Fetches into a file that has another name until it is whole and checked; false where another program has named it first. */
export async function fetchPart(
  fetcher: SaveRequest['fetcher'],
  {
    path,
    content,
    mode = {},
  }: {
    readonly path: string
    readonly content: Content
    readonly mode?: Parameters<PartFile['complete']>[0]
  },
  done: (part: PartFile) => Promise<boolean>,
): Promise<boolean> {
  const { place, sha256 } = content
  for (let attempt = 1; ; attempt++) {
    await using part = await PartFile.open(path, place.size)
    await fetcher.fetch(place.key, part, attempt === 1 ? place : undefined)
    const found = await part.digest()
    if (sha256 === undefined || found === sha256) {
      await part.complete(mode)
      return await done(part)
    }
    fetcher.transfer.meter.add(-part.length)
    await part.remove()
    if (attempt >= attempts)
      throw new PosthouseError('content_mismatch', `${place.key} is ${sha256} and arrived as ${found}`)
  }
}

/** Gives a whole file the first name that is free; nobody's file is replaced. Nothing where another program has named it. */
async function claim(part: PartFile, folder: string, name: string): Promise<string | undefined> {
  while (await part.isInPlace()) {
    const { path } = await firstFree(folder, name, async () => false)
    if (await isNamed(part, path)) return path
  }
  return undefined
}

/** Gives it a name that nothing has; false where something has it by now. */
async function isNamed(part: PartFile, path: string): Promise<boolean> {
  try {
    await link(part.path, path)
    await part.remove()
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST') || isCode(cause, 'ENOENT')) return false
    // There are file systems without links.
    if (!isCode(cause, 'EPERM') && !isCode(cause, 'ENOTSUP') && !isCode(cause, 'ENOSYS'))
      throw targetFailed(path, cause)
    return part.rename(path)
  }
}

/** The first numbered name that nothing has, or that has what `isIt` says. */
export async function firstFree(
  folder: string,
  name: string,
  isIt: (path: string) => Promise<boolean>,
): Promise<{ readonly path: string; readonly there: boolean }> {
  for (let number = 1; number <= mostNumbers; number++) {
    const path = join(folder, numberedName(name, number))
    if ((await lookAt(path)) === undefined) return { path, there: false }
    if (await isIt(path)) return { path, there: true }
  }
  throw new PosthouseError('target_failed', `${folder} has too many files that are called ${name}`)
}

import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { copyDatabase, syncFile } from '../sqlite/copy-database.ts'
import { openFault } from '../sqlite/faults.ts'
import { systemCode } from './disk-faults.ts'
import { FileIndex, type FileRow, type UploadRow } from './file-index.ts'
import { type Places, placesIn, preparePlaces } from './places.ts'

/** How a store of files is copied. */
export interface CopyFilesOptions {
  /** Ends the copy. What has been copied by then stays where it is. */
  readonly signal?: AbortSignal
}

/** What was copied. */
export interface CopiedFiles {
  /** Files that are whole. */
  readonly files: number
  /** Uploads that can go on. */
  readonly uploads: number
  /** Content that several files have counts once. */
  readonly bytes: number
}

/**
 * Copies a store of files into another folder, also while a process uses it. What is removed meanwhile may be missing in the copy,
 * and then its index does not tell of it either.
 * @throws PosthouseError `data_damaged`, `data_unwritable`; the reason of `signal`
 */
export async function copyDiskFiles(from: string, to: string, { signal }: CopyFilesOptions = {}): Promise<CopiedFiles> {
  const copy = { source: placesIn(resolve(from)), target: preparePlaces(resolve(to)), contents: new Set<string>() }
  copyDatabase(copy.source.database, copy.target.database)
  using index = new FileIndex(copy.target.database)
  let [files, uploads, bytes] = [0, 0, 0]
  for (const file of index.everyFile()) {
    signal?.throwIfAborted()
    const copied = await copyContent(file, index, copy)
    if (copied === undefined) index.remove(file.key)
    else [files, bytes] = [files + 1, bytes + copied]
  }
  for (const upload of index.everyUpload()) {
    signal?.throwIfAborted()
    const copied = await copyPart(upload, copy)
    if (copied === undefined) index.remove(upload.key)
    else [uploads, bytes] = [uploads + 1, bytes + copied]
  }
  return { files, uploads, bytes }
}

interface Copy {
  readonly source: Places
  readonly target: Places
  /** Which are there already. */
  readonly contents: Set<string>
}

/** How many bytes that took; nothing where they are gone. */
async function copyContent(
  { sha256, size }: FileRow,
  index: FileIndex,
  { source, target, contents }: Copy,
): Promise<number | undefined> {
  if (contents.has(sha256)) return 0
  // The bytes of small files came with the index.
  const isThere = index.small(sha256) !== undefined
  if (!isThere && !(await copyBytes(source.content(sha256), target.content(sha256)))) return undefined
  contents.add(sha256)
  return size
}

/** What has arrived since the index was copied is cut off when the upload goes on. */
async function copyPart({ part, moved, offset }: UploadRow, { source, target }: Copy): Promise<number | undefined> {
  if (await copyBytes(source.part(part), target.part(part))) return offset
  // Between its last byte and its end an upload lies where files do.
  if (moved === undefined || !(await copyBytes(source.content(moved), target.content(moved)))) return undefined
  return offset
}

/** False where there is no such file. */
async function copyBytes(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    syncFile(to)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw openFault(to, error)
  }
}

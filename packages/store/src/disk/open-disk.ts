import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Clock, systemClock } from '@posthouse/core'
import { aClock, aText, checkOptions, numberFrom, type Rules } from '@posthouse/core/options'
import { openFault } from '../sqlite/faults.ts'
import { FileGuard } from '../sqlite/file-guard.ts'
import { FolderLock } from '../sqlite/folder-lock.ts'
import { DiskBlobStore } from './disk-store.ts'
import { FileIndex } from './file-index.ts'
import { type Places, preparePlaces, removeOthers } from './places.ts'

/** Settings of `openDiskBlobStore`. */
export interface DiskBlobStoreOptions {
  /** The folder, made where it is missing. Nobody else writes into it. */
  readonly folder: string
  /** Bytes of its disk that stay free, at most an eighth of them all; more is refused with `no_room`. Default 64 MiB. */
  readonly reserve?: number
  /** Dates files and uploads. Default the system's. */
  readonly clock?: Clock
}

const rules: Rules<DiskBlobStoreOptions> = { folder: aText, reserve: numberFrom(0), clock: aClock }

/**
 * Opens the store of files in a folder, for one process at a time. What a process that was killed has left unfinished is
 * finished or removed; uploads go on from where they were kept.
 * @throws PosthouseError `invalid_option`, `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 * @example await using store = await openDiskBlobStore({ folder: '.posthouse/files' })
 */
export async function openDiskBlobStore(options: DiskBlobStoreOptions): Promise<DiskBlobStore> {
  checkOptions('openDiskBlobStore', options, rules, ['folder'])
  const folder = resolve(options.folder)
  try {
    const places = preparePlaces(folder)
    using stack = new DisposableStack()
    const lock = stack.use(new FolderLock(places.database))
    const index = stack.use(new FileIndex(places.database))
    settle(index, places)
    const store = new DiskBlobStore({
      places,
      index,
      file: new FileGuard({ path: places.database }),
      lock,
      clock: options.clock ?? systemClock,
      reserve: options.reserve,
    })
    stack.move()
    return store
  } catch (error) {
    throw openFault(folder, error)
  }
}

/** Brings the folder and the index to agree, where a process was killed between two steps. */
function settle(index: FileIndex, places: Places): void {
  for (const { key, part, moved } of index.everyUpload()) {
    if (existsSync(places.part(part))) {
      if (moved !== undefined) index.setMoved(key, null)
    } else if (moved !== undefined && existsSync(places.content(moved))) finish(index, key, moved)
    else index.remove(key)
  }
  removeOthers(places.parts, (name) => index.hasPart(name))
  removeOthers(places.contents, (name) => index.hasContent(name))
}

/** All of its bytes were there, and compared, before they were moved. */
function finish(index: FileIndex, key: string, sha256: string): void {
  const upload = index.upload(key)
  if (upload) index.finish({ key, sha256, size: upload.offset, at: upload.at, meta: upload.meta })
}

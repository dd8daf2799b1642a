import { constants, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { PosthouseError } from '@posthouse/core'

/** A link in the place of a file of ours is not followed: it leads somewhere that is not ours. */
export const noFollow: number = constants.O_NOFOLLOW ?? 0

/** What stays free, in bytes … */
const usualReserve = 64 << 20
/** … or this part of a small disk. */
const reservedShare = 8

/** Where things lie in the folder of a store. No name in it is made by anybody but the store. */
export interface Places {
  readonly database: string
  /** Whole files, each under the SHA-256 of its bytes. */
  readonly contents: string
  readonly content: (sha256: string) => string
  /** What has arrived of uploads, under random names. */
  readonly parts: string
  readonly part: (name: string) => string
}

/** Makes the folder of a store, readable for nobody else. */
export function preparePlaces(folder: string): Places {
  const places = placesIn(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const inner of [places.contents, places.parts]) {
    mkdirSync(inner, { recursive: true, mode: 0o700 })
    if (!lstatSync(inner).isDirectory()) {
      throw new PosthouseError('data_damaged', `${inner} is a link and leads away; it has to be a folder`)
    }
  }
  return places
}

/** Where things lie in a folder that is a store's already. */
export function placesIn(folder: string): Places {
  const [contents, parts] = [join(folder, 'content'), join(folder, 'uploads')]
  return {
    database: join(folder, 'files.db'),
    contents,
    content: (sha256) => join(contents, sha256),
    parts,
    part: (name) => join(parts, name),
  }
}

/** Removes what no entry of the index tells of: what a process that was killed had not finished. */
export function removeOthers(folder: string, isKnown: (name: string) => boolean): void {
  for (const name of readdirSync(folder)) if (!isKnown(name)) rmSync(join(folder, name), { recursive: true })
}

/** What may still be written to the disk of `folder`, in bytes, and leaves `reserve` free. */
export function roomIn(folder: string, reserve: number = usualReserve): number {
  const { bavail, bsize, blocks } = statfsSync(folder)
  return bavail * bsize - Math.min(reserve, Math.floor((blocks * bsize) / reservedShare))
}

/** The size of a file, 0 where it is not there. */
export function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
}

import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { pageBytes } from './open-database.ts'

/** What stays free, so that what is stored can be put in order, in bytes … */
const usualReserve = 2 << 20
/** … or this part of a small disk. */
const reservedShare = 8

/** How much room a database has on its disk. */
export interface Room {
  /** What it may still grow by once its write-ahead log was copied, in bytes. */
  readonly left: number
  /** What of that is to stay free, in bytes. */
  readonly reserve: number
  /** What the write-ahead log takes, in bytes. */
  readonly log: number
}

/** Finds out how much room a database has. */
export class DiskRoom {
  readonly #path: string
  readonly #pages: StatementSync
  readonly #free: StatementSync

  constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#pages = database.prepare('pragma page_count')
    this.#free = database.prepare('pragma freelist_count')
  }

  look(): Room {
    const { bavail, bsize, blocks } = statfsSync(dirname(this.#path))
    const pages = Number(this.#pages.get()?.page_count)
    const free = Number(this.#free.get()?.freelist_count)
    // What is in the log only will be in the file of the database.
    const growth = Math.max(0, pages * pageBytes - sizeOf(this.#path))
    return {
      left: bavail * bsize + free * pageBytes - growth,
      reserve: reserveOf(blocks * bsize),
      log: sizeOf(`${this.#path}-wal`),
    }
  }
}

/** Says what a disk without room needs, so that a hub can start on it. */
export function needOf(path: string): string {
  const { bavail, bsize, blocks } = statfsSync(dirname(path))
  const needed = reserveOf(blocks * bsize) + sizeOf(`${path}-wal`)
  return `the disk has ${mebibytes(bavail * bsize)} MiB left, and ${mebibytes(needed)} MiB are needed`
}

/** A number of bytes, for people. */
export function mebibytes(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1)
}

/** What is to stay free on a disk of this size. */
function reserveOf(diskBytes: number): number {
  return Math.min(usualReserve, Math.floor(diskBytes / reservedShare))
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

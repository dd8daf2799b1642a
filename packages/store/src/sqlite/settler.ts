import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '@posthouse/core'
import type { Contents } from './contents.ts'
import type { Journal } from './journal.ts'
import type { Synchronous } from './open-database.ts'

/** How long one slice may work, in milliseconds. */
const sliceMs = 2
/** Rows of the journal that are deleted at once. */
const deletedAtOnce = 8

/** What a settler works on. */
export interface SettlerParts {
  readonly database: DatabaseSync
  readonly contents: Contents
  readonly journal: Journal
  readonly clock: Clock
  /** What holds between slices. */
  readonly synchronous: Synchronous
}

/**
 * Moves what still waits from the journal into tables, in rounds of short slices. A round takes everything that
 * changed before it; when that is in tables, the rows of the journal that said so are deleted.
 */
export class Settler {
  readonly #parts: SettlerParts
  /** The last row of the journal that the round covers; undefined between rounds. */
  #through: number | undefined

  constructor(parts: SettlerParts) {
    this.#parts = parts
  }

  /** Works for one slice. @returns whether the round has something left */
  slice(): boolean {
    const { database, synchronous } = this.#parts
    // What is lost here with the power is still in the journal, so nothing has to wait for the disk.
    database.exec('pragma synchronous = normal; begin immediate')
    try {
      const more = this.#work()
      database.exec('commit')
      return more
    } finally {
      if (database.isTransaction) database.exec('rollback')
      database.exec(`pragma synchronous = ${synchronous}`)
    }
  }

  #work(): boolean {
    const { contents, journal, clock } = this.#parts
    const startedAt = clock.elapsed()
    if (this.#through === undefined) {
      this.#through = journal.last
      for (const part of contents.parts) part.begin(clock.now())
    }
    for (const part of contents.parts) while (part.step()) if (clock.elapsed() - startedAt >= sliceMs) return true
    contents.meta.set('seq', contents.newest)
    while (journal.deleteOldest(this.#through, deletedAtOnce)) if (clock.elapsed() - startedAt >= sliceMs) return true
    this.#through = undefined
    return false
  }
}

import { type Clock, PosthouseError } from '@posthouse/core'
import { type DiskRoom, mebibytes, type Room } from './disk-room.ts'

/** How often is looked at least while something is written, in milliseconds: others fill the disk, too. */
const lookMs = 1000
/** At least a quarter of what is left is still left when it is looked the next time. */
const boldness = 0.75
/** What waits in the journal is written into tables, by way of the log, before it goes from there. */
const copies = 3

/** What a space guard works with. */
export interface SpaceGuardOptions {
  readonly path: string
  readonly clock: Clock
  readonly room: Pick<DiskRoom, 'look'>
  /** Bytes that wait in the journal. */
  readonly waiting: () => number
  /** Has the database take as little of the disk as is possible. */
  readonly tidy: () => void
}

/**
 * Sees to it that a disk is not filled to its end: what is stored could not be put in order there, nor a hub begin anew.
 */
export class SpaceGuard {
  readonly #options: SpaceGuardOptions
  #lookedAt = Number.NEGATIVE_INFINITY
  /** What may be written before it is looked again, in bytes. */
  #budget = 0
  #full: PosthouseError | undefined

  constructor(options: SpaceGuardOptions) {
    this.#options = options
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.#budget -= bytes
  }

  /** @throws PosthouseError `store_failed` where there is too little room, as far as it was looked for */
  check(): void {
    const now = this.#options.clock.elapsed()
    if (this.#budget <= 0 || now - this.#lookedAt >= lookMs) {
      this.#lookedAt = now
      this.#look()
    }
    if (this.#full !== undefined) throw this.#full
  }

  #look(): void {
    const { path, room, tidy } = this.#options
    let seen = room.look()
    if (this.#lack(seen) > 0) {
      tidy()
      seen = room.look()
    }
    const { left, reserve } = seen
    this.#full = left < reserve ? new PosthouseError('store_failed', fullText(path, seen)) : undefined
    // Where it is full nothing is written, and it is looked again after a while.
    this.#budget = this.#full === undefined ? Math.max(1, (left - reserve) * boldness) / copies : 1
  }

  #lack({ left, reserve, log }: Room): number {
    return reserve + log + copies * this.#options.waiting() - left
  }
}

function fullText(path: string, { left, reserve }: Room): string {
  const wanted = mebibytes(reserve)
  return `${path} has ${mebibytes(Math.max(0, left))} MiB left on its disk and takes no messages below ${wanted} MiB: make room there, or have some fetched`
}

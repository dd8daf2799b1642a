import { lstatSync, readdirSync, rmSync, type Stats } from 'node:fs'
import { basename, join } from 'node:path'
import type { Clock, Timer } from '@posthouse/core'
import { graceMs } from './append-file.ts'
import type { Archive, ArchiveNames, Packing } from './archive-name.ts'
import { takeLock } from './file-lock.ts'
import { pack, unfinished } from './pack.ts'
import { type Aged, expired, type RetentionRules } from './retention.ts'

/** What is done with rotated files. */
export interface JanitorOptions {
  readonly path: string
  readonly names: ArchiveNames
  readonly packing: Packing | undefined
  readonly retention: RetentionRules
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Another process that is at it for longer has stopped; it will be tried again at the next occasion. */
const mostTries = 120
const hourMs = 3_600_000
/** A clock that was wrong by more has named a file for a time that has not come. */
const futureMs = 60_000

/**
 * Packs what was rotated and removes what is too old or too much, in the background, and whatever an earlier run left to
 * do. One process at a time does it; whatever ends it, the next run goes on.
 */
export class Janitor {
  readonly #options: JanitorOptions
  readonly #lock: string
  #wanted = false
  #running: Promise<void> | undefined
  #grace: NodeJS.Timeout | undefined
  #hourly: Timer | undefined
  #drains = 0

  constructor(options: JanitorOptions) {
    this.#options = options
    this.#lock = join(options.names.folder, `.${basename(options.path)}.tidy`)
    if (Number.isFinite(options.retention.ageMs)) this.#everyHour()
  }

  /** There may be something to do. */
  wake(): void {
    const { packing, retention } = this.#options
    const idle = packing === undefined && Object.values(retention).every((limit) => limit === Number.POSITIVE_INFINITY)
    if (idle || !this.#hasWork()) return
    this.#wanted = true
    this.#running ??= this.#run()
  }

  /** Resolves when there is nothing left to do. */
  async drain(): Promise<void> {
    this.#drains++
    try {
      this.#grace?.ref()
      while (this.#running !== undefined) await this.#running
    } finally {
      this.#drains--
    }
  }

  close(): void {
    this.#hourly?.[Symbol.dispose]()
  }

  #everyHour(): void {
    this.#hourly = this.#options.clock
      .after(hourMs, () => {
        this.wake()
        this.#everyHour()
      })
      .unref()
  }

  #hasWork(): boolean {
    try {
      return namesOfWork(this.#options.names).length > 0
    } catch (error) {
      this.#options.onError(error)
      return false
    }
  }

  async #run(): Promise<void> {
    try {
      for (let tries = 0; this.#wanted && tries < mostTries; tries++) {
        await this.#pause()
        using lock = takeLock(this.#lock)
        // Another process is at it, and does not look again: come back.
        if (lock === undefined) continue
        this.#wanted = false
        tries = 0
        await this.#tidy()
      }
    } catch (error) {
      this.#wanted = false
      this.#options.onError(error)
    } finally {
      this.#running = undefined
    }
  }

  /** Until every process has noticed the rotation. It keeps the process alive only where somebody waits for it. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#grace = setTimeout(resolve, graceMs)
      if (this.#drains === 0) this.#grace.unref()
    })
  }

  async #tidy(): Promise<void> {
    const { names, packing, retention } = this.#options
    this.#removeUnfinished()
    this.#remove(expired(this.#aged(), { ...retention, bytes: Number.POSITIVE_INFINITY }))
    if (packing !== undefined) {
      for (const { archive } of this.#aged()) {
        if (archive.packing === undefined) await this.#pack(join(names.folder, archive.name), packing)
      }
    }
    this.#remove(expired(this.#aged(), retention))
  }

  /** One that cannot be packed does not keep the others waiting. */
  async #pack(path: string, packing: Packing): Promise<void> {
    try {
      await packIfThere(path, packing)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #aged(): Aged[] {
    const { names, clock } = this.#options
    const now = clock.now()
    return archivesOf(names).flatMap((archive) => {
      const stats = statsOf(join(names.folder, archive.name))
      if (stats === undefined || !stats.isFile()) return []
      const time = archive.time > now + futureMs ? stats.mtimeMs : archive.time
      return [{ archive, bytes: stats.size, ageMs: now - time }]
    })
  }

  /** What was packed by a process that was killed. */
  #removeUnfinished(): void {
    const { names } = this.#options
    for (const name of namesOfWork(names)) {
      const path = join(names.folder, name)
      if (name.endsWith(unfinished) && statsOf(path)?.isFile()) rmSync(path, { force: true })
    }
  }

  #remove(files: readonly Aged[]): void {
    const { names } = this.#options
    for (const { archive } of files) rmSync(join(names.folder, archive.name), { force: true })
  }
}

/** What was rotated from one log file and is there, in no order. */
export function archivesOf(names: ArchiveNames): Archive[] {
  return readdirSync(names.folder).flatMap((name) => names.read(name) ?? [])
}

/** What was rotated, and what was not packed to the end. */
function namesOfWork(names: ArchiveNames): string[] {
  return readdirSync(names.folder).filter((name) => {
    const finished = name.endsWith(unfinished) ? name.slice(0, -unfinished.length) : name
    return names.read(finished) !== undefined
  })
}

/** Of what has the name itself: a link is none of ours, and what is behind it even less. */
function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

async function packIfThere(path: string, packing: Packing): Promise<void> {
  try {
    await pack(path, packing)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

import { basename, dirname, extname } from 'node:path'

/** How a rotated file can be packed. */
const packings = ['gz', 'zip', 'zst'] as const

/** The ending that a packed file gets. */
export type Packing = (typeof packings)[number]

/** A file that was rotated, as its name tells. */
export interface Archive {
  readonly name: string
  /** When it was rotated, in Unix milliseconds, by the clock of then. */
  readonly time: number
  /** Tells apart what was rotated in one millisecond, or after the clock had been set back. */
  readonly number: number
  readonly packing: Packing | undefined
}

const stampForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.(\d{4,9})$/
const stampLength = '2026-11-29T20-15-55-123Z'.length
/** A larger one would not be read again. */
const mostNumber = 999_999_999

/**
 * The names of what is rotated from one log file: `app.log` becomes `app.2026-11-29T20-15-55-123Z.0001.log`, and packed
 * that with `.gz`. Sorted by name they are sorted by age. Anything else in the folder is not theirs.
 */
export class ArchiveNames {
  readonly folder: string
  readonly #stem: string
  readonly #ending: string

  constructor(path: string) {
    this.folder = dirname(path)
    this.#ending = extname(path)
    this.#stem = basename(path, this.#ending)
  }

  /** Reads a name; nothing where it is not one of these. */
  read(name: string): Archive | undefined {
    const packing = packings.find((ending) => name.endsWith(`${this.#ending}.${ending}`))
    const bare = packing === undefined ? name : name.slice(0, -packing.length - 1)
    if (!bare.startsWith(`${this.#stem}.`) || !bare.endsWith(this.#ending)) return undefined
    const match = stampForm.exec(bare.slice(this.#stem.length + 1, bare.length - this.#ending.length))
    if (match === null) return undefined
    const [, year, month, day, hour, minute, second, ms, number] = match.map(Number)
    const time = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, ms)
    // A thirteenth month is nobody's, and what came behind it would have a name that cannot be read.
    return stampOf(time) === match[0].slice(0, stampLength) ? { name, time, number: number ?? 0, packing } : undefined
  }

  /** The name for what is rotated now: behind all that are there, also where the clock was set back. */
  next(now: number, existing: readonly Archive[]): string {
    const newest = existing.reduce<Archive | undefined>(
      (latest, each) => (latest === undefined || byAge(latest, each) < 0 ? each : latest),
      undefined,
    )
    const isFull = newest?.number === mostNumber
    const time = Math.max(now, (newest?.time ?? 0) + (isFull ? 1 : 0))
    const number = newest !== undefined && newest.time === time ? newest.number + 1 : 1
    return `${this.#stem}.${stampOf(time)}.${String(number).padStart(4, '0')}${this.#ending}`
  }
}

function stampOf(time: number): string {
  return new Date(time).toISOString().replaceAll(/[:.]/g, '-')
}

/** The oldest first. */
export function byAge(a: Archive, b: Archive): number {
  return a.time - b.time || a.number - b.number
}

import { refusal } from '@posthouse/core/options'
import { parseAge, readAge } from '../words/age.ts'
import { parseSize, readSize } from '../words/size.ts'
import { type Archive, byAge } from './archive-name.ts'

/** What is kept of rotated files: an age (`7 days`), a total size (`1 GB`), a number of files, or several of them. */
export type Retention =
  | string
  | number
  | {
      readonly age?: string | undefined
      readonly count?: number | undefined
      /** Of all rotated files together. */
      readonly size?: string | number | undefined
    }

/** The limits; `Infinity` where there is none. */
export interface RetentionRules {
  readonly ageMs: number
  readonly count: number
  readonly bytes: number
}

const unlimited: RetentionRules = {
  ageMs: Number.POSITIVE_INFINITY,
  count: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
}

/** @throws PosthouseError `invalid_option` */
export function retentionRules(retention: Retention | undefined): RetentionRules {
  if (retention === undefined) return unlimited
  if (typeof retention === 'number') return { ...unlimited, count: countOf(retention) }
  if (typeof retention === 'string') return { ...unlimited, ...ruleOf(retention) }
  const { age, count, size, ...others } = retention ?? {}
  const [unknown] = Object.keys(others)
  if (unknown !== undefined || Object.keys(retention ?? {}).length === 0)
    throw refusal('retention', 'an age, a size, a number, or an object of age, count and size', unknown ?? retention)
  return {
    ageMs: age === undefined ? unlimited.ageMs : parseAge('retention.age', age),
    count: count === undefined ? unlimited.count : countOf(count),
    bytes: size === undefined ? unlimited.bytes : parseSize('retention.size', size),
  }
}

function ruleOf(words: string): Partial<RetentionRules> {
  const ageMs = readAge(words)
  if (ageMs !== undefined && ageMs > 0) return { ageMs }
  const bytes = readSize(words)
  if (bytes !== undefined && bytes >= 1 && /[a-z]/i.test(words)) return { bytes }
  throw refusal('retention', 'an age ("7 days"), a total size ("1 GB") or a number of files', words)
}

function countOf(count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw refusal('retention', 'a whole number of files', count)
}

/** A rotated file with what decides on its fate. */
export interface Aged {
  readonly archive: Archive
  readonly bytes: number
  readonly ageMs: number
}

/** Those that are to go: the oldest, until what is left is within the limits. */
export function expired(all: readonly Aged[], { ageMs, count, bytes }: RetentionRules): Aged[] {
  let [files, total] = [0, 0]
  return all
    .toSorted((a, b) => byAge(b.archive, a.archive))
    .filter((each) => {
      files++
      total += each.bytes
      return each.ageMs > ageMs || files > count || total > bytes
    })
}

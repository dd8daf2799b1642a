import { refusal } from '@posthouse/core/options'
import { readAge } from '../words/age.ts'
import { nextAfter, readRecurrence } from '../words/moment.ts'
import { readSize } from '../words/size.ts'

/** When a file is rotated: a size (`10 MB`), an age (`1 week`), a time (`00:00`, `monday at 12:00`), or a decision. */
export type Rotation = string | number | ((line: string, bytes: number) => boolean)

/** What is asked before each line. */
export interface RotationRules {
  /** Bytes that a file does not grow beyond, unless one line does; `Infinity` where size does not matter. */
  readonly mostBytes: number
  /** When a file that was begun at `ms` is to be rotated; `Infinity` where time does not matter. */
  readonly dueAt: (ms: number) => number
  readonly decide: ((line: string, bytes: number) => boolean) | undefined
}

/** @throws PosthouseError `invalid_option` */
export function rotationRules(rotation: Rotation | readonly Rotation[] | undefined): RotationRules {
  const all = rotation === undefined ? [] : isList(rotation) ? rotation : [rotation]
  const rules = all.map(ruleOf)
  const decisions = rules.flatMap(({ decide }) => (decide === undefined ? [] : [decide]))
  return {
    mostBytes: Math.min(
      ...rules.map(({ mostBytes = Number.POSITIVE_INFINITY }) => mostBytes),
      Number.POSITIVE_INFINITY,
    ),
    dueAt: (ms) => Math.min(...rules.map(({ dueAt = never }) => dueAt(ms)), Number.POSITIVE_INFINITY),
    decide: decisions.length === 0 ? undefined : (line, bytes) => decisions.some((each) => each(line, bytes)),
  }
}

const never = (): number => Number.POSITIVE_INFINITY

function ruleOf(rotation: Rotation): Partial<RotationRules> {
  if (typeof rotation === 'function') return { decide: rotation }
  if (typeof rotation === 'number') {
    if (Number.isSafeInteger(rotation) && rotation > 0) return { mostBytes: rotation }
  } else if (typeof rotation === 'string') {
    const bytes = readSize(rotation)
    if (bytes !== undefined && bytes >= 1) return { mostBytes: Math.floor(bytes) }
    const age = readAge(rotation)
    if (age !== undefined && age > 0) return { dueAt: (ms) => ms + age }
    const recurrence = readRecurrence(rotation)
    if (recurrence !== undefined) return { dueAt: (ms) => nextAfter(ms, recurrence) }
  }
  throw refusal(
    'rotation',
    'a size ("10 MB"), an age ("1 week"), a time ("00:00", "monday at 12:00", "daily") or a function',
    rotation,
  )
}

function isList(rotation: Rotation | readonly Rotation[]): rotation is readonly Rotation[] {
  return Array.isArray(rotation)
}

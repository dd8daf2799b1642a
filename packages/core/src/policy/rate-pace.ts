import { PosthouseError } from '../errors.ts'
import { finiteAboveZero, optionsOf, type Rule } from '../options/rules.ts'

/** So many tasks at most within any time of `ms` milliseconds, wherever that begins. */
export interface RateWindow {
  readonly tasks: number
  readonly ms: number
}

/** How fast tasks may go on: either a rate with its burst, or a window. */
export interface PaceOptions {
  readonly perSecond?: number | undefined
  readonly burst?: number | undefined
  readonly window?: RateWindow | undefined
}

/** What a window must be. */
export const windowRule: Rule = optionsOf<RateWindow>(
  {
    tasks: { words: 'a whole number from 1', holds: (value) => Number.isInteger(value) && Number(value) >= 1 },
    ms: finiteAboveZero,
  },
  'tasks',
  'ms',
)

/** The rate of a limiter, in numbers and in words. */
export interface Pace {
  readonly perSecond: number
  readonly burst: number | undefined
  readonly words: string
}

/**
 * The bucket of a window refuses nothing that the window lets through, until the rate is lowered.
 * @throws PosthouseError `invalid_option`
 */
export function paceOf({ perSecond, burst, window }: PaceOptions): Pace {
  if (window === undefined) {
    if (perSecond === undefined)
      throw new PosthouseError('invalid_option', 'rateLimit needs the option perSecond or window')
    return { perSecond, burst, words: `${perSecond} tasks a second` }
  }
  if (perSecond === undefined && burst === undefined) {
    const { tasks, ms } = window
    return { perSecond: (tasks * 1000) / ms, burst: tasks, words: `${tasks} tasks in ${ms} ms` }
  }
  throw new PosthouseError('invalid_option', 'rateLimit has either a window, or perSecond and burst')
}

import { type Clock, systemClock } from '../clock.ts'
import { PosthouseError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import {
  aboveZero,
  aClock,
  aFunction,
  anObject,
  belowOne,
  finiteAboveZero,
  numberFrom,
  type Rules,
  wholeFrom,
} from '../options/rules.ts'
import { AdaptiveRate } from './adaptive-rate.ts'
import type { RefusalNotice, WaitNotice } from './bulkhead.ts'
import { type KeyOf, keyOfExecution } from './key-of.ts'
import { type Outcome, outcomeOf, resultOf } from './outcome.ts'
import { isOverload } from './overload.ts'
import { PacedLine } from './paced-line.ts'
import { PerKey } from './per-key.ts'
import type { AnyPolicy, Execution, Policy } from './policy.ts'
import { paceOf, type RateWindow, windowRule } from './rate-pace.ts'

/** How a rate adapts to what the other side says. */
export interface AdaptiveOptions<Result = unknown> {
  /**
   * Whether an outcome says that it was too much. Default: a result whose `status` or `statusCode` is 429 or 503, and the
   * error `rate_limited`.
   */
  readonly overloaded?: ((outcome: Outcome<Result>) => boolean) | undefined
  /** For how long the other side wants nothing more, in milliseconds, as by Retry-After. Asked after each task. */
  readonly pauseMs?: ((outcome: Outcome<Result>) => number | undefined) | undefined
  /** The longest pause that is made, in milliseconds. Default 60,000. */
  readonly maxPauseMs?: number | undefined
  /** What the rate is multiplied by when it was too much. Default 0.5. */
  readonly decrease?: number | undefined
  /** By how much the rate grows in each second until it is whole again. Default: a twentieth of it. */
  readonly increase?: number | undefined
  /** The lowest rate, tasks per second. Default: a hundredth of the whole rate. */
  readonly leastPerSecond?: number | undefined
  /** How long the rate does not fall again, in milliseconds. Default 1,000. */
  readonly cooldownMs?: number | undefined
}

/** A rate that changed because of what the other side said. */
export interface RateNotice {
  readonly key: string
  /** Tasks per second from now on. */
  readonly perSecond: number
}

/** Settings of `rateLimit`: `perSecond`, or `window`. */
export interface RateLimitOptions<Result = unknown> {
  /** Tasks per second, for each key: evenly, but for bursts after a rest. */
  readonly perSecond?: number | undefined
  /** The largest burst, in tasks. Default: one second's worth, at least 1. */
  readonly burst?: number | undefined
  /** In place of a steady rate, for each key: a sliding window, which no burst exceeds. */
  readonly window?: RateWindow | undefined
  /** Tasks that may wait, for each key; 0 refuses what is too much at once. Default 1,000. */
  readonly queue?: number | undefined
  /** How long a task may wait, in milliseconds. One whose turn cannot come in time is refused at once. Default: until its deadline. */
  readonly maxWaitMs?: number | undefined
  /** What counts as one. Default: the key of the execution; `() => ''` limits all together. */
  readonly keyOf?: KeyOf | undefined
  /** Keys that are remembered; of those for which nobody waits the one used longest ago is forgotten first. Default 1,000. */
  readonly maxKeys?: number | undefined
  /** Lowers the rate when the other side says that it is too much. Default: it stays as it is. */
  readonly adaptive?: true | AdaptiveOptions<Result> | undefined
  readonly onRefuse?: ((notice: RefusalNotice) => void) | undefined
  readonly onWaited?: ((notice: WaitNotice) => void) | undefined
  readonly onSlowDown?: ((notice: RateNotice) => void) | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<RateLimitOptions> = {
  perSecond: finiteAboveZero,
  burst: numberFrom(1),
  window: windowRule,
  queue: wholeFrom(0),
  maxWaitMs: aboveZero,
  keyOf: aFunction,
  maxKeys: wholeFrom(1),
  adaptive: { words: 'true or settings', holds: (value) => value === true || anObject.holds(value) },
  onRefuse: aFunction,
  onWaited: aFunction,
  onSlowDown: aFunction,
  clock: aClock,
}

const adaptiveRulesUpTo = (perSecond: number): Rules<AdaptiveOptions> => ({
  overloaded: aFunction,
  pauseMs: aFunction,
  maxPauseMs: aboveZero,
  decrease: belowOne,
  increase: finiteAboveZero,
  leastPerSecond: {
    words: `a number above 0 and up to ${perSecond}`,
    holds: (value) => aboveZero.holds(value) && Number(value) <= perSecond,
  },
  cooldownMs: numberFrom(0),
})

/**
 * Holds tasks to a steady rate with bursts, or to so many in a sliding window. What is too much waits, first come, first
 * served, or is refused.
 * @throws PosthouseError `invalid_option`; its tasks reject with `rate_limited`
 * @example
 * rateLimit({ perSecond: 50, burst: 10, queue: 200, maxWaitMs: 5_000, adaptive: true })
 * rateLimit({ window: { tasks: 100, ms: 60_000 } })
 */
export function rateLimit(options: RateLimitOptions): AnyPolicy
export function rateLimit<Result>(options: RateLimitOptions<Result>): Policy<Result>
export function rateLimit<Result>(options: RateLimitOptions<Result>): Policy<Result> {
  checkOptions<RateLimitOptions<Result>>('rateLimit', options, rules)
  const { window, queue = 1000, maxWaitMs = Number.POSITIVE_INFINITY, maxKeys = 1000 } = options
  const { keyOf = keyOfExecution, adaptive, onRefuse, onWaited, clock = systemClock } = options
  const pace = paceOf(options)
  const heed = adaptive && heedOf(adaptive === true ? {} : adaptive, pace.perSecond, options)
  const lines = new PerKey({
    create: () => new PacedLine({ ...pace, window, rate: heed?.createRate(), clock }),
    isIdle: ({ length }) => length === 0,
    maxKeys,
  })
  return async (task, execution) => {
    const key = keyOf(execution)
    const line = lines.of(key)
    if (!line.take()) await waitIn(line, execution, key)
    if (heed === undefined) return task(execution)
    const outcome = await outcomeOf(task, execution)
    heed.outcome(outcome, line, key)
    return resultOf(outcome)
  }

  async function waitIn(line: PacedLine, execution: Execution, key: string): Promise<void> {
    const { deadline = Number.POSITIVE_INFINITY } = execution
    const since = clock.elapsed()
    if (line.length >= queue) refuse(key, 'full', `as many wait as may: ${line.length}`)
    const turnMs = line.turnMs()
    if (turnMs >= Math.min(maxWaitMs, deadline - since)) refuse(key, 'time', `its turn would come in ${turnMs} ms`)
    if (!(await line.wait(execution, maxWaitMs))) refuse(key, 'time', 'its turn did not come in time')
    onWaited?.({ key, waitedMs: clock.elapsed() - since })
  }

  function refuse(key: string, reason: RefusalNotice['reason'], why: string): never {
    onRefuse?.({ key, reason })
    throw new PosthouseError('rate_limited', `more than ${pace.words}; ${why}`)
  }
}

/** What a limiter does about what the other side says. */
interface Heed<Result> {
  createRate(): AdaptiveRate
  outcome(outcome: Outcome<Result>, line: PacedLine, key: string): void
}

function heedOf<Result>(
  adaptive: AdaptiveOptions<Result>,
  most: number,
  { onSlowDown }: RateLimitOptions<Result>,
): Heed<Result> {
  checkOptions<AdaptiveOptions<Result>>('rateLimit: adaptive', adaptive, adaptiveRulesUpTo(most))
  const { overloaded = isOverload, pauseMs, maxPauseMs = 60_000, decrease = 0.5, cooldownMs = 1000 } = adaptive
  const { increase = most / 20, leastPerSecond: least = most / 100 } = adaptive
  return {
    createRate: () => new AdaptiveRate({ most, least, decrease, increase, cooldownMs }),
    outcome: (outcome, line, key) => {
      const pause = pauseMs?.(outcome) ?? 0
      if (pause > 0) line.pause(Math.min(pause, maxPauseMs))
      const perSecond = overloaded(outcome) ? line.slowDown() : undefined
      if (perSecond !== undefined) onSlowDown?.({ key, perSecond })
    },
  }
}

import { type Clock, systemClock } from '../clock.ts'
import { checkOptions } from '../options/check-options.ts'
import { aClock, aFunction, numberFrom, objectWith, type Rules, wholeFrom } from '../options/rules.ts'
import { HedgedRun } from './hedged-run.ts'
import type { AnyPolicy, Execution, Policy } from './policy.ts'
import type { RetryBudget } from './retry-budget.ts'

/** A further attempt that begins beside those under way. */
export interface HedgeNotice {
  readonly key: string | undefined
  /** 1 for the first one beside the task itself. */
  readonly hedge: number
}

/** Settings of `hedge`. */
export interface HedgeOptions<Result = unknown> {
  /** Whether a task may run several times at once: only where that does no harm. */
  readonly allowed: (execution: Execution) => boolean
  /** How long an answer is waited for before the next attempt begins, in milliseconds. */
  readonly delayMs: number
  /** Attempts beside the first one, at most. Default 1. */
  readonly extra?: number | undefined
  /** Which results are no answer as long as another attempt may bring one. Default: none. */
  readonly byResult?: ((result: Result, execution: Execution) => boolean) | undefined
  /**
   * Each further attempt takes one retry from it. The runs are counted by the retry that has the same budget; where there is
   * none, by whoever calls `budget.count`. Default: none.
   */
  readonly budget?: RetryBudget | undefined
  /** Frees a result that comes after the answer, or that is none. */
  readonly discard?: ((result: Result) => void) | undefined
  /** Told when a further attempt begins. */
  readonly onHedge?: ((notice: HedgeNotice) => void) | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<HedgeOptions> = {
  allowed: aFunction,
  delayMs: numberFrom(0),
  extra: wholeFrom(1),
  byResult: aFunction,
  budget: objectWith('count', 'take'),
  discard: aFunction,
  onHedge: aFunction,
  clock: aClock,
}

/**
 * Begins a task once more when its answer takes long, and takes whichever answers first; the others are aborted. A task
 * that fails while no other attempt is under way has failed: trying again is the matter of `retry`.
 * @throws PosthouseError `invalid_option`; its tasks reject as the last of their attempts
 * @example
 * hedge({ delayMs: 200, allowed: ({ key }) => readOnly.has(key), budget })
 */
export function hedge(options: HedgeOptions): AnyPolicy
export function hedge<Result>(options: HedgeOptions<Result>): Policy<Result>
export function hedge<Result>(options: HedgeOptions<Result>): Policy<Result> {
  checkOptions<HedgeOptions<Result>>('hedge', options, rules, ['allowed', 'delayMs'])
  const { allowed, delayMs, extra = 1, budget, byResult = () => false, discard, onHedge, clock = systemClock } = options
  return (task, execution) => {
    if (!allowed(execution)) return task(execution)
    const { key } = execution
    const mayHedge = (hedge: number): boolean => {
      if (hedge > extra || (budget && !budget.take(key))) return false
      onHedge?.({ key, hedge })
      return true
    }
    const isAnswer = (result: Result): boolean => !byResult(result, execution)
    return new HedgedRun<Result>({ task, execution, delayMs, mayHedge, isAnswer, discard, clock }).answer()
  }
}

import { checkOptions } from '../options/check-options.ts'
import { aFunction, type Rules } from '../options/rules.ts'
import { type Outcome, outcomeOf, resultOf } from './outcome.ts'
import type { Execution, Policy } from './policy.ts'

/** A task whose outcome was replaced. */
export interface FallbackNotice<Result = unknown> {
  readonly outcome: Outcome<Result>
  readonly key: string | undefined
}

/** Settings of `fallback`. */
export interface FallbackOptions<Result> {
  /** Makes what takes the place of the outcome. */
  readonly use: (outcome: Outcome<Result>, execution: Execution) => Result | Promise<Result>
  /** Which errors are replaced. Default: all. That the caller has given up never is. */
  readonly byError?: ((error: unknown, execution: Execution) => boolean) | undefined
  /** Which results are replaced. Default: none. */
  readonly byResult?: ((result: Result, execution: Execution) => boolean) | undefined
  /** Told before the outcome is replaced. */
  readonly onFallback?: ((notice: FallbackNotice<Result>) => void) | undefined
}

const rules: Rules<FallbackOptions<unknown>> = {
  use: aFunction,
  byError: aFunction,
  byResult: aFunction,
  onFallback: aFunction,
}

/**
 * Puts something else in the place of what a task failed to get.
 * @throws PosthouseError `invalid_option`; its tasks reject with what `use` throws
 * @example
 * fallback<Price>({ use: () => lastKnownPrice })
 */
export function fallback<Result>(options: FallbackOptions<Result>): Policy<Result> {
  checkOptions<FallbackOptions<Result>>('fallback', options, rules, ['use'])
  const { use, byError = () => true, byResult, onFallback } = options
  return async (task, execution) => {
    const outcome = await outcomeOf(task, execution)
    const isBad =
      'result' in outcome
        ? byResult?.(outcome.result, execution)
        : !execution.signal.aborted && byError(outcome.error, execution)
    if (!isBad) return resultOf(outcome)
    onFallback?.({ outcome, key: execution.key })
    return use(outcome, execution)
  }
}

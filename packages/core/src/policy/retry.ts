import { type Clock, systemClock } from '../clock.ts'
import { type ErrorCode, isPosthouseError, PosthouseError, reasonOf } from '../errors.ts'
import { checkOptions, numberOf } from '../options/check-options.ts'
import { aboveZero, aClock, aFunction, objectWith, oneOf, type Rules, wholeFrom } from '../options/rules.ts'
import type { Backoff } from './backoff.ts'
import { backoff as shapedBackoff } from './backoff-shape.ts'
import { type Outcome, resultOf } from './outcome.ts'
import { pause } from './pause.ts'
import type { AnyPolicy, Execution, Policy, Task } from './policy.ts'
import type { RetryBudget } from './retry-budget.ts'
import { Scope } from './scope.ts'

/** Why a task is not tried again although its outcome is a bad one. */
export type GiveUpReason = 'attempts' | 'time' | 'hint' | 'budget'

/** A retry that is about to be waited for. */
export interface RetryNotice<Result = unknown> {
  /** What the attempt before came to. */
  readonly outcome: Outcome<Result>
  /** The number of the attempt that follows: 2 for the first retry. */
  readonly attempt: number
  /** How long it is waited before, in milliseconds. */
  readonly delayMs: number
  readonly key: string | undefined
  /** What the policy was run with. */
  readonly execution: Execution
}

/** A task that is not tried again. */
export interface GiveUpNotice<Result = unknown> {
  readonly outcome: Outcome<Result>
  readonly reason: GiveUpReason
  /** How often the task ran. */
  readonly attempts: number
  readonly key: string | undefined
}

/** Settings of `retry`. */
export interface RetryOptions<Result = unknown> {
  /** How often the task runs at most, the first time included. Default 3. */
  readonly attempts?: number | undefined
  /** How long after the first attempt began another one may begin, in milliseconds. Default: without end. */
  readonly totalMs?: number | undefined
  /** How long to wait before each retry. Default: `backoff()`. */
  readonly backoff?: Backoff | undefined
  /**
   * Whether to try again after an error. Default: any error but those of ours that say that it cannot help, and those of
   * policies that refuse at once so that the caller may know (`circuit_open`, `bulkhead_full`).
   */
  readonly byError?: ((error: unknown, execution: Execution) => boolean) | undefined
  /** Whether to try again after a result. It is also asked with no result, after an error. Default: never. */
  readonly byResult?: ((result: Result | undefined, execution: Execution) => boolean) | undefined
  /** How long the other side asks to wait, in milliseconds, as by Retry-After. It is waited that long at least. */
  readonly hintMs?: ((outcome: Outcome<Result>) => number | undefined) | undefined
  /** The longest hint that is followed, in milliseconds. Default 60,000. */
  readonly maxHintMs?: number | undefined
  /** What a longer hint does: `stop` gives up at once, `cap` waits for `maxHintMs`. Default `stop`. */
  readonly longHint?: 'stop' | 'cap' | undefined
  /** Keeps retries a small share of all runs. Default: none. */
  readonly budget?: RetryBudget | undefined
  /** What the caller gets in the end: the `last` error or result, or the error `retries_exhausted`. Default `last`. */
  readonly exhausted?: 'last' | 'error' | undefined
  /** Frees a result after which the task is tried again. */
  readonly discard?: ((result: Result) => void) | undefined
  readonly onRetry?: ((notice: RetryNotice<Result>) => void) | undefined
  readonly onGiveUp?: ((notice: GiveUpNotice<Result>) => void) | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<RetryOptions> = {
  attempts: wholeFrom(1),
  totalMs: aboveZero,
  backoff: aFunction,
  byError: aFunction,
  byResult: aFunction,
  hintMs: aFunction,
  maxHintMs: aboveZero,
  longHint: oneOf('stop', 'cap'),
  budget: objectWith('count', 'take'),
  exhausted: oneOf('last', 'error'),
  discard: aFunction,
  onRetry: aFunction,
  onGiveUp: aFunction,
  clock: aClock,
}

const endless = Number.POSITIVE_INFINITY
const usualBackoff = shapedBackoff()
const refusals: readonly ErrorCode[] = ['circuit_open', 'bulkhead_full']

/**
 * Runs a task again when it fails. It never does when the caller has given up, and stops where the next attempt could not
 * begin before the deadline.
 * @throws PosthouseError `invalid_option`; its tasks reject with their last error, or `retries_exhausted` where that is wanted
 * @example
 * retry({
 *   attempts: 4,
 *   backoff: backoff({ baseMs: 200, jitter: 'decorrelated' }),
 *   byResult: (response?: Response) => response?.status === 503,
 *   budget: new RetryBudget(),
 * })
 */
export function retry(options?: RetryOptions): AnyPolicy
export function retry<Result>(options: RetryOptions<Result>): Policy<Result>
export function retry<Result>(options: RetryOptions<Result> = {}): Policy<Result> {
  checkOptions<RetryOptions<Result>>('retry', options, rules)
  const { budget, clock = systemClock, discard, onRetry, onGiveUp } = options
  return async (task, execution) => {
    const { key } = execution
    budget?.count(key)
    const startedAt = clock.elapsed()
    let previousMs: number | undefined
    for (let attempts = 1; ; attempts++) {
      let outcome: Outcome<Result>
      // As `outcomeOf` does it, but every run would pay for one more async function.
      try {
        outcome = { result: await attemptOf(task, attempts)(execution) }
      } catch (error) {
        outcome = { error }
      }
      if (!isBad(outcome, execution, options) || execution.signal.aborted) return resultOf(outcome)
      const next = nextStep({ outcome, attempts, previousMs, startedAt, execution }, options)
      if (typeof next === 'string') {
        onGiveUp?.({ outcome, reason: next, attempts, key })
        return lastOf(outcome, attempts, options)
      }
      onRetry?.({ outcome, attempt: attempts + 1, delayMs: next, key, execution })
      if ('result' in outcome) discard?.(outcome.result)
      await pause(next, clock, execution.signal)
      previousMs = next
    }
  }
}

/** The first attempt is the caller's own execution: most tasks need no other. */
function attemptOf<Result>(task: Task<Result>, attempts: number): Task<Result> {
  if (attempts === 1) return task
  return (execution) => {
    const { attempt, key, deadline } = execution
    return new Scope({ attempt: attempt + attempts - 1, key, deadline }, execution).race(task)
  }
}

function isBad<Result>(outcome: Outcome<Result>, execution: Execution, options: RetryOptions<Result>): boolean {
  const { byError = canHelp, byResult } = options
  if ('result' in outcome) return byResult?.(outcome.result, execution) ?? false
  return byError(outcome.error, execution) || (byResult?.(undefined, execution) ?? false)
}

function canHelp(error: unknown): boolean {
  return !isPosthouseError(error) || (error.facts.retry && !refusals.includes(error.code))
}

interface Attempt<Result> {
  readonly outcome: Outcome<Result>
  readonly attempts: number
  readonly previousMs: number | undefined
  readonly startedAt: number
  readonly execution: Execution
}

/** How long to wait before the next attempt, or why there is none. */
function nextStep<Result>(last: Attempt<Result>, options: RetryOptions<Result>): number | GiveUpReason {
  const { attempts = 3, totalMs = endless, maxHintMs = 60_000, longHint = 'stop', budget } = options
  const { backoff = usualBackoff, hintMs, clock = systemClock } = options
  const { key, deadline = endless } = last.execution
  if (last.attempts >= attempts) return 'attempts'
  // A header that is not there becomes NaN where somebody reckons with it.
  const hint = hintMs?.(last.outcome) || 0
  if (hint > maxHintMs && longHint === 'stop') return 'hint'
  const waitMs = numberOf('retry: backoff', backoff(last.attempts, last.previousMs))
  const delayMs = Math.max(waitMs, Math.min(hint, maxHintMs))
  if (clock.elapsed() + delayMs >= Math.min(last.startedAt + totalMs, deadline)) return 'time'
  return budget && !budget.take(key) ? 'budget' : delayMs
}

function lastOf<Result>(outcome: Outcome<Result>, attempts: number, options: RetryOptions<Result>): Result {
  if (options.exhausted !== 'error') return resultOf(outcome)
  const cause = 'error' in outcome ? outcome.error : outcome.result
  const why = 'error' in outcome ? reasonOf(cause) : 'its result is not what was wanted'
  throw new PosthouseError('retries_exhausted', `gave up after ${attempts} attempts: ${why}`, { cause })
}

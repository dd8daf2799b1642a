import { type Clock, systemClock } from '../clock.ts'
import { PosthouseError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { aboveZero, aClock, aFunction, oneOf, type Rules } from '../options/rules.ts'
import type { AnyPolicy, Execution } from './policy.ts'
import { Scope } from './scope.ts'

/** Settings of `timeout`. */
export interface TimeoutOptions {
  /** How long the task may take, in milliseconds. `Infinity` for as long as it likes. */
  readonly ms: number
  /**
   * What the time is for. `attempt` within a retry, which may try again after `timeout`; `total` around one, where the time
   * of all attempts and waits ends with `deadline_exceeded`. Default `attempt`.
   */
  readonly scope?: 'attempt' | 'total' | undefined
  /** Makes another error to reject with, where it is `ms` that is up. */
  readonly error?: (() => PosthouseError) | undefined
  /** Told when the time is up. */
  readonly onTimeout?: ((execution: Execution) => void) | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<TimeoutOptions> = {
  ms: aboveZero,
  scope: oneOf('attempt', 'total'),
  error: aFunction,
  onTimeout: aFunction,
  clock: aClock,
}

/**
 * Gives a task up after a while: its signal aborts, and the caller is told at once, whether or not the task listens.
 * Policies within know the deadline and do not begin what cannot end in time. An earlier deadline that `run` was told ends
 * it then, with `deadline_exceeded`.
 * @throws PosthouseError `invalid_option`; its tasks reject with `timeout` or `deadline_exceeded`
 * @example
 * stack(timeout({ ms: 30_000, scope: 'total' }), retry({ attempts: 4 }), timeout({ ms: 5_000 }))
 */
export function timeout(options: TimeoutOptions): AnyPolicy {
  checkOptions('timeout', options, rules, ['ms'])
  const { ms, scope: covered = 'attempt', error = () => tooLate(covered, ms), onTimeout, clock = systemClock } = options
  if (ms === Number.POSITIVE_INFINITY) return (task, execution) => task(execution)
  return async (task, execution) => {
    const { attempt, key, deadline: outer = Number.POSITIVE_INFINITY } = execution
    const now = clock.elapsed()
    const isOuterFirst = outer <= now + ms
    // A timeout around this one that is up earlier ends it. Nobody watches over a deadline that `run` was told.
    if (isOuterFirst && execution instanceof Scope && execution.isWatched) return task(execution)
    const deadline = isOuterFirst ? outer : now + ms
    const scope = new Scope({ attempt, key, deadline, isWatched: true }, execution)
    let isLate = false
    const timer = clock.after(Math.max(0, deadline - now), () => {
      isLate = true
      scope.abort(isOuterFirst ? new PosthouseError('deadline_exceeded', 'not done by the deadline') : error())
    })
    try {
      return await scope.race(task)
    } finally {
      timer[Symbol.dispose]()
      if (isLate) onTimeout?.(execution)
    }
  }
}

function tooLate(covered: 'attempt' | 'total', ms: number): PosthouseError {
  return covered === 'total'
    ? new PosthouseError('deadline_exceeded', `not done within ${ms} ms, all attempts together`)
    : new PosthouseError('timeout', `no answer within ${ms} ms`)
}

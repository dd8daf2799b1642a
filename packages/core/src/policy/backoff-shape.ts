import { checkOptions } from '../options/check-options.ts'
import { aFunction, numberFrom, oneOf, type Rules } from '../options/rules.ts'
import type { Backoff } from './backoff.ts'

/**
 * What chance does to a wait: `full` takes anything between zero and it, `equal` between half and all of it,
 * `decorrelated` between `baseMs` and a multiple of the wait before, `none` leaves it.
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none'

/** Settings of `backoff`. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. Default 500. */
  readonly baseMs?: number | undefined
  /** Growth from one wait to the next; 1 for waits that stay the same. Default 2, with `decorrelated` jitter 3. */
  readonly factor?: number | undefined
  /** The longest wait, in milliseconds. Default 20,000. */
  readonly capMs?: number | undefined
  /** Default `full`. */
  readonly jitter?: Jitter | undefined
  /** Source of randomness in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

const rules: Rules<BackoffOptions> = {
  baseMs: numberFrom(0),
  factor: numberFrom(1),
  capMs: numberFrom(0),
  jitter: oneOf('full', 'equal', 'decorrelated', 'none'),
  random: aFunction,
}

/** The largest exponent: enough for any cap, and no power of a usual factor becomes infinite. */
const most = 64

/**
 * Waits that grow exponentially up to a cap, spread by chance so that those who failed together do not come back together.
 * @throws PosthouseError `invalid_option`
 * @example
 * // 2 s, 4 s, 8 s, 10 s, 10 s ...
 * backoff({ baseMs: 2_000, capMs: 10_000, jitter: 'none' })
 */
export function backoff(options: BackoffOptions = {}): Backoff {
  checkOptions('backoff', options, rules)
  const { jitter = 'full', random = Math.random, baseMs = 500, capMs = 20_000 } = options
  const { factor = jitter === 'decorrelated' ? 3 : 2 } = options
  if (jitter === 'decorrelated') {
    return (_, previousMs = baseMs) =>
      Math.min(capMs, baseMs + random() * Math.max(0, Math.max(previousMs, baseMs) * factor - baseMs))
  }
  const kept = { full: 0, equal: 0.5, none: 1 }[jitter]
  return (attempt) => {
    const wait = Math.min(capMs, baseMs * factor ** (Math.min(Math.max(attempt, 1), most) - 1))
    return kept === 1 ? wait : wait * (kept + (1 - kept) * random())
  }
}

/**
 * The same wait each time, in milliseconds.
 * @throws PosthouseError `invalid_option`
 */
export function constantBackoff(ms: number): Backoff {
  checkOptions('constantBackoff', { ms }, { ms: numberFrom(0) })
  return () => ms
}

import {
  type AnyPolicy,
  bulkhead,
  circuitBreaker,
  fallback,
  hedge,
  type Policy,
  RetryBudget,
  rateLimit,
  retry,
  run,
  stack,
  timeout,
} from '@posthouse/core/policy'
import * as cockatiel from 'cockatiel'

/** Runs a task once that does nothing. */
export type RunOnce = () => Promise<unknown>

const task = async (): Promise<number> => 1
const asking = async ({ signal }: { readonly signal: AbortSignal }): Promise<boolean> => signal.aborted
const key = 'http://127.0.0.1:8080'
const caller = new AbortController().signal

const total = timeout({ ms: 30_000, scope: 'total' })
const attempt = timeout({ ms: 5000 })
const again = retry({ budget: new RetryBudget() })
const pace = rateLimit({ perSecond: 1e9 })
const breaker = circuitBreaker()
const places = bulkhead({ limit: 100 })
const usual = stack(total, again, attempt)

const { handleAll, TimeoutStrategy } = cockatiel
const theirTotal = cockatiel.timeout(30_000, TimeoutStrategy.Aggressive)
const theirRetry = cockatiel.retry(handleAll, { maxAttempts: 3 })
const theirAttempt = cockatiel.timeout(5000, TimeoutStrategy.Aggressive)
const theirs = cockatiel.wrap(theirTotal, theirRetry, theirAttempt)

const under = (policy: AnyPolicy | Policy<number>): RunOnce => {
  return () => run<number>(policy, task, { key })
}

/** Everything that is measured, by what stands in the table. */
export const runners: Readonly<Record<string, RunOnce>> = {
  'no policy': under(stack()),
  timeout: under(attempt),
  'retry with a budget': under(again),
  rateLimit: under(pace),
  'rateLimit, adaptive': under(rateLimit({ perSecond: 1e9, adaptive: true })),
  circuitBreaker: under(breaker),
  bulkhead: under(places),
  hedge: under(hedge({ delayMs: 1000, allowed: () => true })),
  fallback: under(fallback<number>({ use: () => 2 })),
  'timeout, retry, timeout': under(usual),
  '... with a signal that is asked for': () => run(usual, asking, { key }),
  '... and a caller that may give up': () => run(usual, asking, { key, signal: caller }),
  'all of them but hedge': under(stack(total, again, breaker, pace, places, attempt)),
  'cockatiel: retry': () => theirRetry.execute(task),
  'cockatiel: timeout': () => theirAttempt.execute(task),
  'cockatiel: timeout, retry, timeout': () => theirs.execute(task),
}

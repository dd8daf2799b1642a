export { throwIfAborted } from './policy/abort.ts'
export { type Backoff, type ExponentialBackoffOptions, exponentialBackoff } from './policy/backoff.ts'
export { type BackoffOptions, backoff, constantBackoff, type Jitter } from './policy/backoff-shape.ts'
export { type BulkheadOptions, bulkhead, type RefusalNotice, type WaitNotice } from './policy/bulkhead.ts'
export type { CircuitState } from './policy/circuit.ts'
export {
  type CircuitBreakerOptions,
  type CircuitNotice,
  type CircuitStates,
  circuitBreaker,
  type OpenNotice,
} from './policy/circuit-breaker.ts'
export { type FallbackNotice, type FallbackOptions, fallback } from './policy/fallback.ts'
export { type HedgeNotice, type HedgeOptions, hedge } from './policy/hedge.ts'
export type { KeyOf } from './policy/key-of.ts'
export type { Outcome } from './policy/outcome.ts'
export { pause } from './policy/pause.ts'
export {
  type AnyPolicy,
  type Execution,
  type Policy,
  type RunOptions,
  run,
  stack,
  type Task,
} from './policy/policy.ts'
export { type AdaptiveOptions, type RateLimitOptions, type RateNotice, rateLimit } from './policy/rate-limit.ts'
export type { RateWindow } from './policy/rate-pace.ts'
export { type GiveUpNotice, type GiveUpReason, type RetryNotice, type RetryOptions, retry } from './policy/retry.ts'
export { RetryBudget, type RetryBudgetOptions } from './policy/retry-budget.ts'
export { type TimeoutOptions, timeout } from './policy/timeout.ts'
export { TokenBucket, type TokenBucketOptions } from './policy/token-bucket.ts'

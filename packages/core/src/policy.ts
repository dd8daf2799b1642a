export { type Backoff, type ExponentialBackoffOptions, exponentialBackoff } from './policy/backoff.ts'
export {
  type AnyPolicy,
  type Execution,
  type Outcome,
  type Policy,
  type RunOptions,
  run,
  stack,
  type Task,
} from './policy/policy.ts'
export { TokenBucket, type TokenBucketOptions } from './policy/token-bucket.ts'

export { type Backoff, type ExponentialBackoffOptions, exponentialBackoff } from './policy/backoff.ts'
export { TokenBucket, type TokenBucketOptions } from './policy/token-bucket.ts'

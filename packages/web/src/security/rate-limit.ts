import { isIPv6 } from 'node:net'
import { type Clock, systemClock } from '@posthouse/core'
import { aClock, aFunction, checkOptions, finiteAboveZero, type Rules, wholeFrom } from '@posthouse/core/options'
import { TokenBucket } from '@posthouse/core/policy'
import { type Dependency, depends } from '../dependencies/depends.ts'
import { problem } from '../problem/problem.ts'
import type { RequestView } from '../request/request-view.ts'

/** How often a client may come. */
export interface RateLimitOptions {
  /** Requests that are let through at once, and again in each period. */
  readonly limit: number
  /** The period, in ms. Default: 60,000. */
  readonly period?: number
  /** Who a client is. Default: its address, of IPv6 the first half. */
  readonly key?: (request: RequestView) => string
  /** Clients that are remembered; above that the one that has been away longest is forgotten. Default: 10,000. */
  readonly clients?: number
  readonly clock?: Clock
}

const rules: Rules<RateLimitOptions> = {
  limit: wholeFrom(1),
  period: finiteAboveZero,
  key: aFunction,
  clients: wholeFrom(1),
  clock: aClock,
}

/**
 * A dependency that answers 429 with `Retry-After` to a client that comes too often. Its own counts belong to this value:
 * where two endpoints share it, their requests count together.
 * @throws PosthouseError `invalid_option`
 */
export function rateLimit(options: RateLimitOptions): Dependency<void> {
  checkOptions('rateLimit', options, rules, ['limit'])
  const { limit, period = 60_000, key = addressOf, clients = 10_000, clock = systemClock } = options
  const buckets = new Map<string, TokenBucket>()
  const bucketOf = (name: string): TokenBucket => {
    const bucket = buckets.get(name) ?? new TokenBucket({ perSecond: (limit / period) * 1000, burst: limit, clock })
    // A map keeps the order of insertion, so the first is who has been away longest.
    buckets.delete(name)
    buckets.set(name, bucket)
    const [longestAway] = buckets.keys()
    if (buckets.size > clients && longestAway !== undefined) buckets.delete(longestAway)
    return bucket
  }
  return depends(({ request }) => {
    const bucket = bucketOf(key(request))
    if (bucket.take()) return
    const seconds = Math.max(1, Math.ceil(bucket.waitMs() / 1000))
    throw problem(429, `More than ${limit} requests in ${period} ms`, {
      code: 'rate_limited',
      headers: { 'retry-after': String(seconds) },
    })
  })
}

/** Whoever has one IPv6 address has 2^64 of them. */
function addressOf({ ip }: RequestView): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4).join(':')
}

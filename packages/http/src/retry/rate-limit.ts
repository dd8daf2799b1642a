import type { Clock } from '@posthouse/core'
import { aFlag, finiteAboveZero, oneOf, optionsOf, type Rule, wholeFrom } from '@posthouse/core/options'
import { type Policy, rateLimit } from '@posthouse/core/policy'
import type { HttpResponse } from '../response/http-response.ts'
import { hintOf } from './retry-hint.ts'

/**
 * `requests` attempts at most within any `perMs`, wherever that begins, as document 003's `rate_limit` promises. Those above wait,
 * first come, first served.
 */
export interface RateLimitOptions {
  /** A whole number. */
  readonly requests: number
  /** In milliseconds. Default 1,000. */
  readonly perMs?: number | undefined
  /** What is counted together: all requests of the client, or those to one origin. Default `client`. */
  readonly per?: 'client' | 'origin' | undefined
  /** Attempts that may wait; those above are refused with `rate_limited`. Default 10,000. */
  readonly maxQueue?: number | undefined
  /** Whether the rate falls after 429 and 503, and pauses as Retry-After and RateLimit say. Default true. */
  readonly adaptive?: boolean | undefined
}

export const rateLimitRule: Rule = optionsOf<RateLimitOptions>(
  {
    requests: wholeFrom(1),
    perMs: finiteAboveZero,
    per: oneOf('client', 'origin'),
    maxQueue: wholeFrom(0),
    adaptive: aFlag,
  },
  'requests',
)

/** @throws `invalid_option` */
export function limiter(options: RateLimitOptions, clock: Clock): Policy<HttpResponse> {
  const { requests, perMs = 1000, per = 'client', maxQueue = 10_000, adaptive = true } = options
  return rateLimit<HttpResponse>({
    window: { tasks: requests, ms: perMs },
    queue: maxQueue,
    keyOf: per === 'client' ? () => '' : undefined,
    adaptive: adaptive ? { pauseMs: (outcome) => hintOf(outcome, clock) } : undefined,
    clock,
  })
}

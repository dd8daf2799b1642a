import type { Clock } from '@posthouse/core'
import type { Outcome } from '@posthouse/core/policy'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpResponse } from '../response/http-response.ts'

/** How long the server asks to wait, in milliseconds, or `undefined` where it says nothing. */
export function retryHint(status: number, headers: HttpHeaders, now: number): number | undefined {
  return retryAfter(headers, now) ?? rateLimitReset(status, headers, now)
}

/** The same, of what an attempt came to. */
export function hintOf(outcome: Outcome<HttpResponse>, clock: Clock): number | undefined {
  if ('error' in outcome) return undefined
  const { status, headers } = outcome.result
  return retryHint(status, headers, clock.now())
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfter(headers: HttpHeaders, now: number): number | undefined {
  const exact = Number.parseFloat(headers.get('retry-after-ms', ''))
  if (exact >= 0) return exact
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** What counts as a moment and not as a number of seconds from now: those of the year 2001 and later. */
const epochSeconds = 1_000_000_000

/**
 * When a used up quota is renewed: `RateLimit: "default";r=0;t=30` of the IETF draft (draft-ietf-httpapi-ratelimit-headers-11),
 * its earlier `RateLimit-Reset`, and the `X-RateLimit-Reset` of many, in seconds from now or since 1970.
 */
function rateLimitReset(status: number, headers: HttpHeaders, now: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const seconds = newReset(headers) ?? oldReset(headers)
  if (seconds === undefined) return undefined
  return seconds >= epochSeconds ? Math.max(0, seconds * 1000 - now) : seconds * 1000
}

/** Of several quotas the used up one that is renewed last counts. */
function newReset(headers: HttpHeaders): number | undefined {
  const resets = headers
    .get('ratelimit', '')
    .split(',')
    .filter((item) => /;\s*r=0\b/.test(item))
    .map((item) => Number(/;\s*t=(\d+)/.exec(item)?.[1]))
    .filter((seconds) => !Number.isNaN(seconds))
  return resets.length === 0 ? undefined : Math.max(...resets)
}

function oldReset(headers: HttpHeaders): number | undefined {
  for (const name of ['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset']) {
    const seconds = Number.parseFloat(headers.get(name, ''))
    if (seconds >= 0) return seconds
  }
  return undefined
}

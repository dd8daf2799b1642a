import { type Clock, type Logger, systemClock } from '@posthouse/core'
import type { SecretNames } from '../errors/redact.ts'
import { type HeadersInput, HttpHeaders } from '../headers/http-headers.ts'
import { acceptedEncodings } from '../hop/decompression.ts'
import { nextRequestId } from '../request/request-id.ts'
import { baseUrlOf, type QueryInput } from '../request/url.ts'
import type { RetryOptions } from '../retry/retry-options.ts'
import { type RetryInput, retryOptionsOf } from '../retry/retry-policy.ts'
import { namedTimeouts, type TimeoutInput, type Timeouts, timeoutsOf } from '../timing/timeouts.ts'
import { checkClientOptions } from './check-options.ts'
import { defaultLimits, type HttpClientOptions } from './client-options.ts'
import { httpVersion } from './version.ts'

/** What the options of a client come to. */
export interface Settings {
  readonly baseUrl: URL | undefined
  readonly headers: HttpHeaders
  readonly params: QueryInput | undefined
  readonly timeouts: Timeouts
  readonly retry: RetryOptions
  readonly throwOnError: boolean
  readonly errors: 'throw' | 'response'
  readonly requestId: () => string
  readonly idempotencyKeys: boolean
  readonly secrets: SecretNames
  readonly maxBodyBytes: number
  readonly clock: Clock
  readonly logger: Logger | undefined
}

/** @throws `invalid_option`, `invalid_request` */
export function settingsOf(options: HttpClientOptions): Settings {
  const { baseUrl, params, logger, throwOnError = false, errors = 'throw', clock = systemClock } = options
  return {
    baseUrl: baseUrl === undefined ? undefined : baseUrlOf(baseUrl),
    headers: headersOf(options),
    params,
    timeouts: timeoutsOf(options.timeout),
    retry: retryOptionsOf(options.retry),
    throwOnError,
    errors,
    requestId: options.requestId ?? nextRequestId,
    idempotencyKeys: options.idempotencyKeys ?? false,
    secrets: new Set(options.secrets?.map((name) => name.toLowerCase())),
    maxBodyBytes: options.limits?.bodyBytes ?? defaultLimits.bodyBytes,
    clock,
    logger,
  }
}

function headersOf({ headers, decompress }: HttpClientOptions): HttpHeaders {
  const all = new HttpHeaders({ 'user-agent': `posthouse/${httpVersion}`, accept: '*/*' })
  if (decompress !== false) all.set('accept-encoding', acceptedEncodings)
  return headers === undefined ? all : all.merge(headers)
}

/**
 * Options on top of others: headers, secrets, interceptors and hops add up, what is an object in both is merged, and all
 * else is what was named last.
 * @throws `invalid_option`
 */
export function mergedOptions(base: HttpClientOptions, given: HttpClientOptions): HttpClientOptions {
  checkClientOptions(given)
  const { preset, ...over } = given
  const below = preset === undefined ? base : mergedOptions(base, preset)
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(over)) {
    if (value !== undefined) merged[name] = joined(name, Object.hasOwn(merged, name) ? merged[name] : undefined, value)
  }
  // Each value is one of `below` or of `over`, under its own name.
  return merged as HttpClientOptions
}

const added: ReadonlySet<string> = new Set(['interceptors', 'hops', 'secrets', 'policies'])
const mergeable: ReadonlySet<string> = new Set(['pool', 'limits', 'decompress', 'logging', 'metrics', 'redirects'])

/** Both are what `HttpClientOptions` has under this name, so each `as` names what the options say. */
function joined(name: string, below: unknown, above: unknown): unknown {
  if (below === undefined) return above
  if (name === 'headers') return new HttpHeaders(below as HeadersInput).merge(above as HeadersInput)
  if (name === 'timeout') return { ...namedTimeouts(below as TimeoutInput), ...namedTimeouts(above as TimeoutInput) }
  if (name === 'retry') return { ...retryOptionsOf(below as RetryInput), ...retryOptionsOf(above as RetryInput) }
  if (added.has(name)) return [...(below as unknown[]), ...(above as unknown[])]
  return mergeable.has(name) ? joinedObjects(below, above) : above
}

/** `true` keeps what was set up below; `false` is the end of it. */
function joinedObjects(below: unknown, above: unknown): unknown {
  if (above === true && typeof below === 'object') return below
  return typeof below === 'object' && typeof above === 'object' ? { ...below, ...above } : above
}

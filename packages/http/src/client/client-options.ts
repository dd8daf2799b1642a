import type { Clock, Logger } from '@posthouse/core'
import type { Policy } from '@posthouse/core/policy'
import type { HeadersInput } from '../headers/http-headers.ts'
import type { HopOptions } from '../hop/hops.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import type { LoggingOptions } from '../interceptors/logging.ts'
import type { MetricsOptions } from '../interceptors/metrics.ts'
import type { PoolOptions } from '../pool/pool-options.ts'
import type { RedirectOptions } from '../redirect/redirects.ts'
import type { QueryInput } from '../request/url.ts'
import type { HttpResponse } from '../response/http-response.ts'
import type { RateLimitOptions } from '../retry/rate-limit.ts'
import type { RetryOptions } from '../retry/retry-options.ts'
import type { TimeoutOptions } from '../timing/timeouts.ts'
import type { HopInterceptor, Transport } from '../transport/transport.ts'
import type { WireOptions } from '../wire/wire.ts'

/** Settings of a client. Every one has a default. */
export interface HttpClientOptions extends WireOptions, HopOptions {
  /** Options to start from, such as `fastkit`; those beside it win. */
  readonly preset?: HttpClientOptions | undefined
  /** What relative URLs are appended to, its path included. Default: URLs must be absolute. */
  readonly baseUrl?: string | URL | undefined
  /** Sent with every request. Default `user-agent` and `accept`. */
  readonly headers?: HeadersInput | undefined
  /** Added to the query of every request. */
  readonly params?: QueryInput | undefined
  /** A number is for `write`, `firstByte` and `read`, as `timeout_seconds` of document 003 is. In milliseconds. */
  readonly timeout?: number | TimeoutOptions | undefined
  readonly pool?: PoolOptions | undefined
  /** A number of retries, `false` for none, or one by one. Default 3 retries. */
  readonly retry?: number | false | RetryOptions | undefined
  /** So many attempts in any time of a length; those above wait. Default: no limit. */
  readonly rateLimit?: RateLimitOptions | undefined
  /** Asks a second time where the first answer is late, where that can do no harm. Default: never. */
  readonly hedge?: HedgingOptions | undefined
  /** Policies around each attempt, such as a circuit breaker; the first is the outermost. */
  readonly policies?: readonly Policy<HttpResponse>[] | undefined
  /** Default true: 10 in a row, none from https to http. */
  readonly redirects?: boolean | RedirectOptions | undefined
  /** The first listed is the outermost. */
  readonly interceptors?: readonly HttpInterceptor[] | undefined
  /** Interceptors around each hop, below redirections; the first listed is the outermost. */
  readonly hops?: readonly HopInterceptor[] | undefined
  /** Whether requests are logged. Default true, at level `info`. */
  readonly logging?: boolean | LoggingOptions | undefined
  /** Whether requests are counted and timed. Default true. */
  readonly metrics?: boolean | MetricsOptions | undefined
  /** Where logs go. Default: lines on the standard error output. */
  readonly logger?: Logger | undefined
  /** Whether a status from 400 on throws `bad_status`. Default false. */
  readonly throwOnError?: boolean | undefined
  /** Whether failures throw, or give a response with a made-up status from 600 to 606 as document 004 has it. Default `throw`. */
  readonly errors?: 'throw' | 'response' | undefined
  /** Makes the `x-request-id` of a request that has none. Default: that of the incoming request, or a new UUID. */
  readonly requestId?: (() => string) | undefined
  /** Whether every POST and PATCH gets an `idempotency-key`. Default false. */
  readonly idempotencyKeys?: boolean | undefined
  readonly limits?: LimitOptions | undefined
  /** Names of headers and query keys that are secret beside the usual ones. */
  readonly secrets?: readonly string[] | undefined
  /** Carries the requests in place of the network. */
  readonly transport?: Transport | undefined
  readonly clock?: Clock | undefined
}

/** When a request is sent a second time without the first having failed; the answer that comes first counts. */
export interface HedgingOptions {
  /** How long the first answer may take before that, in milliseconds; best a little more than it usually takes. */
  readonly delayMs: number
  /** How many more are sent at most, each after another wait. Default 1. */
  readonly extra?: number | undefined
}

/** How much of an answer is taken. */
export interface LimitOptions {
  /** Bytes of a body that is read as a whole; streams have no limit. Default 64 MiB. */
  readonly bodyBytes?: number | undefined
}

export const defaultLimits: { readonly bodyBytes: number } = { bodyBytes: 64 * 1024 * 1024 }

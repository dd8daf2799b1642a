import type { ErrorCode } from '@posthouse/core'
import type { Jitter, RetryBudget } from '@posthouse/core/policy'
import type { Given } from '../client/given.ts'
import type { HttpError } from '../errors/http-error.ts'
import type { HttpResponse } from '../response/http-response.ts'

/** Which requests are tried again, how often and when. */
export interface RetryOptions {
  /** Attempts in all, the first one included. Default 4: three retries, as `max_retries` of document 003. */
  readonly attempts?: number | undefined
  /** No attempt begins later than this after the first one, in milliseconds. Default: only `timeout.total` counts. */
  readonly totalMs?: number | undefined
  /** The first wait, in milliseconds. Default 300. */
  readonly baseMs?: number | undefined
  /** Growth from one wait to the next. Default 2. */
  readonly multiplier?: number | undefined
  /** The longest wait, in milliseconds. Default 10,000. */
  readonly capMs?: number | undefined
  /** What chance does to a wait. Default `full`: anything between zero and it. */
  readonly jitter?: Jitter | undefined
  /** How long to wait before attempt `attempt` + 1, in milliseconds; then the four before are not used. */
  readonly backoff?: ((attempt: number) => number) | undefined
  /** Statuses after which it is tried again. Default 408, 425, 429, 500, 502, 503 and 504. */
  readonly statuses?: readonly number[] | undefined
  /**
   * Methods that may be tried again, or `any`. Default GET, HEAD, OPTIONS, PUT, DELETE, TRACE and QUERY; others where they
   * carry an idempotency key, or where nothing can have been sent.
   */
  readonly methods?: readonly string[] | 'any' | undefined
  /** Whether it is tried again after an error: its codes, or a function. Default: where `retryable` is true. */
  readonly retryByError?: readonly ErrorCode[] | ((error: HttpError) => boolean) | undefined
  /** Whether it is tried again after a response, which is `undefined` where none came. Then `statuses` are not used. */
  readonly retryByResult?: ((response: HttpResponse | undefined) => boolean) | undefined
  /** The longest wait that a server may ask for, in milliseconds; where it asks for more, there is none. Default 60,000. */
  readonly maxRetryAfterMs?: number | undefined
  /** Keeps retries to each origin a small share of all requests. Default 20 %, or 30 in 10 seconds; `false`: no limit. */
  readonly budget?: RetryBudget | false | undefined
}

type DefaultNames =
  | 'attempts'
  | 'baseMs'
  | 'multiplier'
  | 'capMs'
  | 'jitter'
  | 'statuses'
  | 'methods'
  | 'maxRetryAfterMs'

export const defaultRetry: Given<RetryOptions, DefaultNames> = {
  attempts: 4,
  baseMs: 300,
  multiplier: 2,
  capMs: 10_000,
  jitter: 'full',
  statuses: [408, 425, 429, 500, 502, 503, 504],
  methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY'],
  maxRetryAfterMs: 60_000,
}

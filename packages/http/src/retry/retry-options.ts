import { type ErrorCode, isErrorCode } from '@posthouse/core'
import {
  aboveZero,
  aFunction,
  aText,
  either,
  listOf,
  numberFrom,
  objectWith,
  oneOf,
  optionsOf,
  type Rule,
  wholeFrom,
} from '@posthouse/core/options'
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

const statusList = listOf('statuses', {
  words: 'a status',
  holds: (value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 1000,
})

export const retryRule: Rule = either(
  oneOf(false),
  { ...wholeFrom(0), words: 'a number of retries' },
  optionsOf<RetryOptions>({
    attempts: wholeFrom(1),
    totalMs: aboveZero,
    baseMs: numberFrom(0),
    multiplier: numberFrom(1),
    capMs: numberFrom(0),
    jitter: oneOf('full', 'equal', 'decorrelated', 'none'),
    backoff: aFunction,
    statuses: statusList,
    methods: either(oneOf('any'), listOf('methods', aText)),
    retryByError: either(aFunction, listOf('error codes', { words: 'an error code', holds: isErrorCode })),
    retryByResult: aFunction,
    maxRetryAfterMs: aboveZero,
    budget: either(oneOf(false), objectWith('count', 'take')),
  }),
)

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

import { type Clock, type ErrorCode, isPosthouseError } from '@posthouse/core'
import {
  backoff,
  type Execution,
  type Outcome,
  type Policy,
  RetryBudget,
  type RetryNotice,
  retry,
} from '@posthouse/core/policy'
import { type HttpError, isHttpError } from '../errors/http-error.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { hintOf } from './retry-hint.ts'
import { defaultRetry, type RetryOptions } from './retry-options.ts'

/** How a client tries again. */
export interface RetryPlan {
  readonly policy: Policy<HttpResponse>
  /** Whether a request may be tried again after it was, perhaps, carried out. */
  readonly repeatable: (method: string, headers: HttpHeaders) => boolean
  /** Whether this outcome is one after which another attempt is wanted. */
  readonly wantsAnother: (outcome: Outcome<HttpResponse>) => boolean
}

/** A run of the policy that knows whether it can be made again. */
interface Repeatable extends Execution {
  mayRepeat(error: unknown): boolean
}

/** What a plan needs from its client. */
export interface RetryParts {
  readonly clock: Clock
  readonly budget: RetryBudget | undefined
  readonly onRetry?: ((notice: RetryNotice<HttpResponse>) => void) | undefined
}

/** Failures before anything was sent: whatever the method, the server has done nothing yet. */
const nothingSent: ReadonlySet<ErrorCode> = new Set([
  'pool_timeout',
  'pool_full',
  'connect_timeout',
  'dns_failed',
  'connect_failed',
  'rate_limited',
  'bulkhead_full',
  'circuit_open',
])

/** Policies that refuse at once, so that the caller may know. */
const refusals: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'bulkhead_full', 'circuit_open'])

const ends: ReadonlySet<ErrorCode> = new Set([
  'aborted',
  'total_timeout',
  'deadline_exceeded',
  'invalid_request',
  'closed',
])

/** A number of retries, `false` for none, or one by one. */
export type RetryInput = number | false | RetryOptions

export function retryOptionsOf(given: RetryInput | undefined): RetryOptions {
  if (given === undefined) return {}
  if (given === false) return { attempts: 1 }
  return typeof given === 'number' ? { attempts: given + 1 } : given
}

/** Within 10 seconds; so many a program that asks little may always make, or it would not get the attempts that it named. */
const fewRetries = 30

/** The budget that the options name, or one of the usual size; none where it is switched off. */
export function budgetOf({ budget }: RetryOptions, clock: Clock): RetryBudget | undefined {
  return budget === false ? undefined : (budget ?? new RetryBudget({ minimum: fewRetries, clock }))
}

/** @throws `invalid_option` */
export function retryPlan(options: RetryOptions, { clock, budget, onRetry }: RetryParts): RetryPlan {
  const { attempts = defaultRetry.attempts, totalMs, maxRetryAfterMs = defaultRetry.maxRetryAfterMs } = options
  const wants = wantsAnother(options)
  const policy = retry<HttpResponse>({
    attempts,
    totalMs,
    backoff: backoffOf(options),
    byError: (error, execution) => mayRepeat(execution, error) && wants({ error }),
    byResult: (result, execution) => result !== undefined && mayRepeat(execution, undefined) && wants({ result }),
    hintMs: (outcome) => hintOf(outcome, clock),
    maxHintMs: maxRetryAfterMs,
    budget,
    discard: (response) => response.discard(),
    onRetry,
    clock,
  })
  return { policy, repeatable: repeatableBy(options), wantsAnother: wants }
}

function mayRepeat(execution: Execution, error: unknown): boolean {
  // Clients run this policy with nothing else.
  return (execution as Repeatable).mayRepeat(error)
}

function backoffOf(options: RetryOptions): (attempt: number) => number {
  const { baseMs, multiplier, capMs, jitter } = { ...defaultRetry, ...withoutUndefined(options) }
  return options.backoff ?? backoff({ baseMs, factor: multiplier, capMs, jitter })
}

function withoutUndefined<Options extends object>(options: Options): Partial<Options> {
  // Keys keep their types, only `undefined` is gone from the values.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>
}

function wantsAnother(options: RetryOptions): (outcome: Outcome<HttpResponse>) => boolean {
  const { retryByResult, statuses = defaultRetry.statuses } = options
  const byStatus: ReadonlySet<number> = new Set(statuses)
  const byError = byErrorOf(options)
  const byResult = retryByResult ?? ((response) => response !== undefined && byStatus.has(response.status))
  const decide = (outcome: Outcome<HttpResponse>): boolean => {
    if ('result' in outcome) return byResult(outcome.result)
    if (!isHttpError(outcome.error) || isFinal(outcome.error)) return false
    return byResult(undefined) || byError(outcome.error)
  }
  const own = retryByResult !== undefined || typeof options.retryByError === 'function'
  return own ? askedOnce(decide) : decide
}

/** A function of the caller may count or log, so it hears of each outcome once, however often the answer is needed. */
function askedOnce(decide: (outcome: Outcome<HttpResponse>) => boolean): (outcome: Outcome<HttpResponse>) => boolean {
  const decided = new WeakMap<object, boolean>()
  return (outcome) => {
    const about: unknown = 'result' in outcome ? outcome.result : outcome.error
    if (typeof about !== 'object' || about === null) return decide(outcome)
    const wanted = decided.get(about) ?? decide(outcome)
    decided.set(about, wanted)
    return wanted
  }
}

function byErrorOf({ retryByError }: RetryOptions): (error: HttpError) => boolean {
  if (typeof retryByError === 'function') return retryByError
  if (retryByError !== undefined) return ({ code }) => retryByError.includes(code)
  return ({ retryable, code }) => retryable && !refusals.has(code)
}

/** The caller's own end of it, and mistakes that a second attempt would only repeat. */
function isFinal({ code }: HttpError): boolean {
  return ends.has(code)
}

function repeatableBy({ methods = defaultRetry.methods }: RetryOptions): RetryPlan['repeatable'] {
  if (methods === 'any') return () => true
  const allowed: ReadonlySet<string> = new Set(methods.map((method) => method.toUpperCase()))
  return (method, headers) => allowed.has(method) || headers.has('idempotency-key')
}

/** True where the server cannot have begun to work on the request. */
export function nothingWasSent(error: unknown): boolean {
  return isPosthouseError(error) && nothingSent.has(error.code)
}

import { type ErrorCode, isPosthouseError, PosthouseError } from '@posthouse/core'
import { type ThirdPartyStatus, thirdPartyStatusOfError } from '@posthouse/core/status'
import type { HttpHeaders } from '../headers/http-headers.ts'
import { redactHeaders, redactUrl, type SecretNames } from './redact.ts'

/** What can be shown of a request: no secret is in it. */
export interface ShownRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Its `x-request-id`. */
  readonly id: string | undefined
}

/** What an error of this package tells beyond its code. */
export interface HttpErrorFacts {
  /** True where another attempt might have succeeded. */
  readonly retryable: boolean
  /** The attempt that failed, from 1 on; 0 where none was begun. */
  readonly attempt: number
  readonly request: ShownRequest | undefined
  /** The status of document 004 for it, from 600 to 606: for bodies, never for the wire. */
  readonly thirdPartyStatus: ThirdPartyStatus
}

/** A `PosthouseError` with what is known about the request that failed. */
export type HttpError = PosthouseError & HttpErrorFacts

/** The request and the attempt that an error is about. */
export interface ErrorSubject {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly attempt: number
  readonly secrets?: SecretNames | undefined
}

const facts = Symbol.for('posthouse.http-error')

/** True for an error that says what `HttpErrorFacts` has. */
export function isHttpError(error: unknown): error is HttpError {
  return isPosthouseError(error) && facts in error
}

/** Makes an error about a request. */
export function httpError(code: ErrorCode, message: string, about: ErrorSubject & { cause?: unknown }): HttpError {
  const { cause } = about
  return describe(new PosthouseError(code, message, cause === undefined ? undefined : { cause }), about)
}

/** The same error with the facts about its request, or an `internal` one with it as cause if it is not ours. */
export function toHttpError(error: unknown, about: ErrorSubject): HttpError {
  if (isHttpError(error)) return error
  if (isPosthouseError(error)) return describe(error, about)
  const message = error instanceof Error ? error.message : String(error)
  return httpError('internal', message, { ...about, cause: error })
}

/** The request without its secrets. */
export function showRequest({ method, url, headers, secrets }: ErrorSubject): ShownRequest {
  return {
    method,
    url: redactUrl(url, secrets),
    headers: redactHeaders(headers.toRecord(), secrets),
    id: headers.get('x-request-id'),
  }
}

/** Not enumerable, so that the printed error stays short; assigned, because there is one class of errors. */
function describe(error: PosthouseError, about: ErrorSubject): HttpError {
  const told: HttpErrorFacts = {
    retryable: error.facts.retry,
    attempt: about.attempt,
    request: showRequest(about),
    thirdPartyStatus: thirdPartyStatusOfError(error.code),
  }
  Object.defineProperty(error, facts, { value: true })
  return Object.assign(error, told)
}

/** An error that was described in another thread, with what was said there. */
export function restoredHttpError(error: PosthouseError, told: object): PosthouseError {
  Object.defineProperty(error, facts, { value: true })
  return Object.assign(error, told)
}

import type { HttpError } from '../errors/http-error.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { HttpResponse } from '../response/http-response.ts'

// biome-ignore lint/suspicious/noConfusingVoidType: A hook that only looks returns nothing, and so does an async one.
type Now<Value> = Value | undefined | void
type Soon<Value> = Now<Value> | Promise<Now<Value>>

/** A request that has ended, with its body. */
export interface FinishedRequest {
  readonly request: HttpRequest
  /** Undefined where no answer came. */
  readonly status: number | undefined
  readonly error: HttpError | undefined
  readonly attempts: number
  readonly durationMs: number
  /** When it began, in Unix milliseconds. */
  readonly startedAt: number
}

/** An attempt after which another one follows. */
export interface FailedAttempt {
  readonly request: HttpRequest
  readonly attempt: number
  readonly status: number | undefined
  readonly error: HttpError | undefined
  /** Milliseconds until the next one. */
  readonly delayMs: number
}

/**
 * Looks at requests and answers, and may change them. Of several the first listed is the outermost: it sees requests first
 * and answers last. What it throws ends the request.
 */
export interface HttpInterceptor {
  /** `logging` and `metrics` take the place of those that a client has by itself. */
  readonly name?: string
  /** Whether it is asked once for each request, which is the default, or for each attempt. */
  readonly scope?: 'request' | 'attempt'
  /** May change the request, or return another. */
  beforeRequest?(request: HttpRequest): Soon<HttpRequest>
  /** May return another response. Called for every status. */
  afterResponse?(response: HttpResponse, request: HttpRequest): Soon<HttpResponse>
  /** Called where there is no response. May return another error. */
  onError?(error: HttpError, request: HttpRequest): Soon<HttpError>
  /** Told when a request begins. */
  onStart?(request: HttpRequest): void
  /** Told before a request is tried again. */
  onRetry?(attempt: FailedAttempt): void
  /** Told when a request has ended, with its body. */
  onDone?(finished: FinishedRequest): void
}

import { type ErrorSubject, type HttpError, isHttpError } from '../errors/http-error.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import { HttpResponse } from '../response/http-response.ts'
import type { Call } from './call.ts'

/** What failed, and how much was tried. */
export interface Failure {
  readonly request: ErrorSubject
  readonly attempts: number
  readonly elapsedMs: number
}

/** A response for a failure, as document 004 has it: a status from 600 to 606 that no server sent, and a text that says why. */
export async function madeUpResponse(
  error: HttpError,
  { request, attempts, elapsedMs }: Failure,
): Promise<HttpResponse> {
  const url = error.request?.url ?? request.url.origin
  const text = `${request.method} ${url} failed: ${error.message} (${error.code})${await lastAnswer(error)}`
  return new HttpResponse({
    status: error.thirdPartyStatus,
    statusText: error.code,
    headers: new HttpHeaders({ 'content-type': 'text/plain; charset=utf-8' }),
    url,
    redirects: [],
    body: Buffer.from(text),
    attempts,
    elapsedMs,
    subject: request,
    failure: error,
  })
}

async function lastAnswer(error: HttpError): Promise<string> {
  const response = responseOf(error)
  if (response === undefined) return ''
  const body = response.incoming === undefined ? await response.text() : ''
  return `; the last status was ${response.status}, the last body ${body}`
}

/** The response that an error is about, where there was one. */
export function responseOf(error: HttpError): HttpResponse | undefined {
  return 'response' in error && error.response instanceof HttpResponse ? error.response : undefined
}

/** True where the response is one after which it would be tried again, if it could still be. */
export function isInVain(call: Call, response: HttpResponse): boolean {
  return call.plan.retry.wantsAnother({ result: response }) && call.mayRepeat(undefined)
}

/**
 * Turns a response into the error that it means. Its status of document 004 is 606 where retries did not help, otherwise 601.
 * @throws `bad_status`
 */
export function refuse(call: Call, response: HttpResponse): never {
  response.discard()
  const error = response.asError()
  throw isHttpError(error) && isInVain(call, response) ? Object.assign(error, { thirdPartyStatus: 606 }) : error
}

import type { SecretNames } from '../errors/redact.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { OutgoingBody } from './outgoing-body.ts'

/** A request on its way out. Interceptors may change it, or return another in its place. */
export interface HttpRequest {
  method: string
  url: URL
  headers: HttpHeaders
  body: OutgoingBody | undefined
  /** Its `x-request-id`. */
  readonly id: string
  /** What metrics count it under: the path as it was asked for, with `{names}` still in it. */
  readonly template: string
  /** 0 before the first attempt, then the number of the attempt. */
  readonly attempt: number
  /** Names of headers and query keys that this client treats as secret beside the usual ones. */
  readonly secrets: SecretNames
  /** Fires when the request is over before its time. */
  readonly signal: AbortSignal
}

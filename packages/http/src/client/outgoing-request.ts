import { inspect } from 'node:util'
import { type ErrorSubject, showRequest } from '../errors/http-error.ts'
import type { SecretNames } from '../errors/redact.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { OutgoingBody } from '../request/outgoing-body.ts'
import type { Lifeline } from '../timing/lifeline.ts'

/** What a request begins with. */
export interface OutgoingFields {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly body: OutgoingBody | undefined
  readonly id: string
  readonly template: string
  readonly secrets: SecretNames
}

/** The request that interceptors see. */
export class OutgoingRequest implements HttpRequest, ErrorSubject {
  method: string
  url: URL
  headers: HttpHeaders
  body: OutgoingBody | undefined
  attempt = 0
  readonly id: string
  readonly template: string
  readonly secrets: SecretNames
  readonly #lifeline: Lifeline

  constructor(fields: OutgoingFields, lifeline: Lifeline) {
    this.method = fields.method
    this.url = fields.url
    this.headers = fields.headers
    this.body = fields.body
    this.id = fields.id
    this.template = fields.template
    this.secrets = fields.secrets
    this.#lifeline = lifeline
  }

  get signal(): AbortSignal {
    return this.#lifeline.requestSignal
  }

  /** Becomes what an interceptor returned in its place. */
  adopt({ method, url, headers, body }: HttpRequest): void {
    this.method = method
    this.url = url
    this.headers = headers
    this.body = body
  }

  /** One for a single attempt, whose interceptors leave no trace in the next. */
  forAttempt(attempt: number): OutgoingRequest {
    const copy = new OutgoingRequest({ ...this, url: new URL(this.url), headers: this.headers.copy() }, this.#lifeline)
    copy.attempt = attempt
    return copy
  }

  /** What `JSON.stringify` sees: what can be shown without secrets. */
  toJSON(): object {
    return { ...showRequest(this), attempt: this.attempt }
  }

  // Declarations that are made file by file cannot name a method by `inspect.custom`.
  static {
    Object.defineProperty(OutgoingRequest.prototype, inspect.custom, {
      value(this: OutgoingRequest): string {
        return `HttpRequest ${inspect(this.toJSON())}`
      },
    })
  }
}

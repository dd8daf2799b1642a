import { inspect } from 'node:util'
import { PosthouseError, reasonOf, type SchemaOutput, type StandardSchema } from '@posthouse/core'
import { type HttpError, httpError, type ShownRequest } from '../errors/http-error.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import { decodeText, parseJson } from '../response/decode.ts'
import { mismatch, type ResponseHead, refusal } from '../response/response-head.ts'

/** What a response is made of. */
export interface SyncResponseParts extends ResponseHead {
  readonly body: Uint8Array
  readonly request: ShownRequest
  readonly failure: HttpError | undefined
}

/** The answer to a request of the synchronous client, with its whole body. */
export class SyncHttpResponse implements ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHeaders
  /** Where the answer came from, after redirections. */
  readonly url: string
  readonly attempts: number
  /** Milliseconds from the call to the whole body. */
  readonly elapsedMs: number
  /** The URLs that redirected here, the first one first. */
  readonly redirects: readonly string[]
  /** The request without its secrets. */
  readonly request: ShownRequest
  /** Why there is no answer of a server; only with `errors: 'response'`. */
  readonly failure: HttpError | undefined
  readonly #body: Uint8Array

  constructor(parts: SyncResponseParts) {
    this.status = parts.status
    this.statusText = parts.statusText
    this.headers = parts.headers
    this.url = parts.url
    this.attempts = parts.attempts
    this.elapsedMs = parts.elapsedMs
    this.redirects = parts.redirects
    this.request = parts.request
    this.failure = parts.failure
    this.#body = parts.body
  }

  /** True for a status from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  bytes(): Uint8Array {
    return this.#body
  }

  /** The body as text, in the charset that its `content-type` names, otherwise UTF-8. */
  text(): string {
    return decodeText(this.#body, this.headers.get('content-type'))
  }

  /**
   * The body as JSON; with a schema checked, and typed by it.
   * @throws `invalid_json`; `schema_mismatch`, with `issues`; `invalid_option` for a schema that has to be awaited
   */
  json<Schema extends StandardSchema>(schema: Schema): SchemaOutput<Schema>
  json<Value = unknown>(): Value
  json(schema?: StandardSchema): unknown {
    const value = this.#parsed()
    if (schema === undefined) return value
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise) {
      throw new PosthouseError('invalid_option', 'the schema has to be awaited, which the synchronous client cannot do')
    }
    if (result.issues === undefined) return result.value
    throw Object.assign(this.#error('schema_mismatch', mismatch(result.issues)), { issues: result.issues })
  }

  /** The response itself, or, from status 400 on, @throws `bad_status` with it as `response` */
  raiseForStatus(): this {
    if (this.failure !== undefined) throw this.failure
    if (this.status < 400) return this
    throw Object.assign(this.#error('bad_status', refusal(this.request, this)), { response: this })
  }

  // Declarations that are made file by file cannot name a method by `inspect.custom`.
  static {
    Object.defineProperty(SyncHttpResponse.prototype, inspect.custom, {
      value(this: SyncHttpResponse): string {
        const { status, statusText, request, headers, attempts, elapsedMs } = this
        return `SyncHttpResponse ${inspect({ status, statusText, request, headers, attempts, elapsedMs })}`
      },
    })
  }

  #parsed(): unknown {
    try {
      return parseJson(this.#body)
    } catch (cause) {
      const error = this.#error('invalid_json', `the body is not JSON: ${reasonOf(cause)}`, cause)
      throw Object.assign(error, { response: this })
    }
  }

  #error(code: 'bad_status' | 'invalid_json' | 'schema_mismatch', message: string, cause?: unknown): HttpError {
    const { method, url, headers } = this.request
    const about = { method, url: new URL(url), headers: new HttpHeaders(headers), attempt: this.attempts }
    return httpError(code, message, { ...about, cause })
  }
}

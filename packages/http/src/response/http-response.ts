import { inspect } from 'node:util'
import { PosthouseError, reasonOf, type SchemaOutput, type StandardSchema } from '@posthouse/core'
import {
  type ErrorSubject,
  type HttpError,
  httpError,
  type ShownRequest,
  showRequest,
  toHttpError,
} from '../errors/http-error.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import { decodeText, parseJson } from './decode.ts'
import type { IncomingBody } from './incoming-body.ts'
import { mismatch, type ResponseHead, refusal } from './response-head.ts'

/** What a response is made of. */
export interface ResponseParts extends ResponseHead {
  /** The whole body, or one that still comes. */
  readonly body: Uint8Array | IncomingBody
  readonly subject: ErrorSubject
  /** Why this response was made up, where no server gave it. */
  readonly failure?: HttpError | undefined
}

/** The answer to a request. Its body is there already, except where it was asked for as a stream. */
export class HttpResponse implements ResponseHead, AsyncIterable<Uint8Array> {
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHeaders
  /** Where the answer came from, after redirections. */
  readonly url: string
  readonly attempts: number
  /** Milliseconds from the call to the whole body; of a stream, to its head. */
  readonly elapsedMs: number
  readonly redirects: readonly string[]
  readonly #subject: ErrorSubject
  readonly #failure: HttpError | undefined
  readonly #incoming: IncomingBody | undefined
  #bytes: Uint8Array | undefined

  constructor(parts: ResponseParts) {
    this.status = parts.status
    this.statusText = parts.statusText
    this.headers = parts.headers
    this.url = parts.url
    this.attempts = parts.attempts
    this.elapsedMs = parts.elapsedMs
    this.redirects = parts.redirects
    this.#subject = parts.subject
    this.#failure = parts.failure
    if (parts.body instanceof Uint8Array) this.#bytes = parts.body
    else this.#incoming = parts.body
  }

  /** True for a status from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** The request without its secrets. */
  get request(): ShownRequest {
    return showRequest(this.#subject)
  }

  /** Why there is no answer of a server; only with `errors: 'response'`. */
  get failure(): HttpError | undefined {
    return this.#failure
  }

  /** The body of a stream that still comes; `undefined` where it is there already. */
  get incoming(): IncomingBody | undefined {
    return this.#incoming
  }

  /** The whole body, where it is there already. */
  get content(): Uint8Array | undefined {
    return this.#bytes
  }

  /** All bytes of the body. @throws what ended it early, as `connection_lost`, `truncated_body`, `read_timeout` */
  async bytes(): Promise<Uint8Array> {
    if (this.#bytes === undefined && this.#incoming !== undefined) {
      try {
        this.#bytes = await this.#incoming.bytes()
      } catch (error) {
        throw this.#described(error)
      }
    }
    return this.#bytes ?? new Uint8Array()
  }

  /** The body as text, in the charset that its `content-type` names, otherwise UTF-8. */
  async text(): Promise<string> {
    return decodeText(this.#bytes ?? (await this.bytes()), this.headers.get('content-type'))
  }

  /**
   * The body as JSON; with a schema (Zod, Valibot, ArkType and others of Standard Schema) checked, and typed by it.
   * @throws `invalid_json`; `schema_mismatch`, with `issues`
   */
  json<Schema extends StandardSchema>(schema: Schema): Promise<SchemaOutput<Schema>>
  json<Value = unknown>(): Promise<Value>
  async json(schema?: StandardSchema): Promise<unknown> {
    const value = this.#parsed(this.#bytes ?? (await this.bytes()))
    if (schema === undefined) return value
    const result = await schema['~standard'].validate(value)
    if (result.issues === undefined) return result.value
    throw Object.assign(this.#error('schema_mismatch', mismatch(result.issues)), { issues: result.issues })
  }

  /** The body as a web stream. */
  stream(): ReadableStream<Uint8Array> {
    // The two types of web streams, of Node and of the platform, are one at run time.
    return ReadableStream.from(this) as ReadableStream<Uint8Array>
  }

  /** Chunk by chunk; leaving early gives up the rest. */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#bytes !== undefined) return yield this.#bytes
    if (this.#incoming === undefined) return
    try {
      yield* this.#incoming
    } catch (error) {
      throw this.#described(error)
    }
  }

  /** The response itself, or, from status 400 on, @throws `bad_status` with it as `response`. */
  raiseForStatus(): this {
    if (this.#failure === undefined && this.status < 400) return this
    throw this.asError()
  }

  /** The error that `raiseForStatus` throws for a status from 400 on, or the failure that the response was made up for. */
  asError(): HttpError {
    if (this.#failure !== undefined) return this.#failure
    return Object.assign(this.#error('bad_status', refusal(this.request, this)), { response: this })
  }

  /** Gives up a body that nobody will read. What a stream has under way ends; otherwise nothing happens. */
  discard(): void {
    this.#incoming?.stop(new PosthouseError('aborted', 'the response was discarded'))
  }

  /** What `JSON.stringify` sees: what can be shown without secrets. */
  toJSON(): object {
    const { status, statusText, request, headers, attempts, elapsedMs } = this
    return { status, statusText, request, headers: headers.toJSON(), attempts, elapsedMs }
  }

  // Declarations that are made file by file cannot name a method by `inspect.custom`.
  static {
    Object.defineProperty(HttpResponse.prototype, inspect.custom, {
      value(this: HttpResponse): string {
        return `HttpResponse ${inspect(this.toJSON())}`
      },
    })
  }

  #parsed(bytes: Uint8Array): unknown {
    try {
      return parseJson(bytes)
    } catch (cause) {
      const error = this.#error('invalid_json', `the body is not JSON: ${reasonOf(cause)}`, cause)
      throw Object.assign(error, { response: this })
    }
  }

  #error(code: 'bad_status' | 'invalid_json' | 'schema_mismatch', message: string, cause?: unknown): HttpError {
    return httpError(code, message, { ...this.#subject, attempt: this.attempts, cause })
  }

  #described(error: unknown): HttpError {
    return toHttpError(error, { ...this.#subject, attempt: this.attempts })
  }
}

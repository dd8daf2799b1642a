import { type Logger, PosthouseError } from '@posthouse/core'
import { type SerializeOptions, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '../app/services.ts'
import { boundLogger } from '../request/bound-logger.ts'
import type { HandlerTools, Reply } from '../request/handler-tools.ts'
import type { AnyInputs } from '../request/inputs.ts'
import { RawView } from '../request/raw-view.ts'
import type { RawValues, RequestView } from '../request/request-view.ts'
import { assertFinalStatus } from '../response/final-status.ts'
import { assertSendableHeader } from '../response/sendable-header.ts'

/** One request and its response, as a handler sees them. What is not asked for is not made. */
export class Exchange implements HandlerTools, Reply {
  readonly requestId: string
  readonly request: RequestView
  body: unknown
  deps: Readonly<Record<string, unknown>> = {}
  #inputs: AnyInputs
  readonly #reply: FastifyReply
  readonly #services: Services
  #abort: AbortController | undefined
  #log: Logger | undefined
  #statusSet = false

  constructor(request: FastifyRequest, reply: FastifyReply, services: Services) {
    this.requestId = request.id
    this.request = new RawView(request.raw, request.params as RawValues, services.originOf)
    this.#inputs = this.request
    this.#reply = reply
    this.#services = services
  }

  /** Hands over the parts of the request after their schemas. */
  use(inputs: AnyInputs): void {
    this.#inputs = inputs
  }

  get params(): unknown {
    return this.#inputs.params
  }

  get query(): unknown {
    return this.#inputs.query
  }

  get headers(): unknown {
    return this.#inputs.headers
  }

  get cookies(): unknown {
    return this.#inputs.cookies
  }

  get reply(): Reply {
    return this
  }

  get log(): Logger {
    this.#log ??= boundLogger(this.#services.log, { requestId: this.requestId })
    return this.#log
  }

  /** True where the handler chose a status itself. */
  get statusSet(): boolean {
    return this.#statusSet
  }

  get signal(): AbortSignal {
    this.#abort ??= this.#watch()
    return this.#abort.signal
  }

  get background(): HandlerTools['background'] {
    return (task) => this.#services.background.add(task)
  }

  /** Tells whoever listens to the signal that nobody waits for the answer any more. */
  abort(reason: Error): void {
    this.#abort ??= new AbortController()
    this.#abort.abort(reason)
  }

  status(code: number): Reply {
    assertFinalStatus(code)
    this.#statusSet = true
    this.#reply.code(code)
    return this
  }

  header(name: string, value: string | number | readonly string[]): Reply {
    if (typeof value === 'object') for (const each of value) assertSendableHeader(name, each)
    else assertSendableHeader(name, String(value))
    // Node checks a list of one as if it were many.
    this.#reply.header(name, typeof value === 'object' && value.length === 1 ? value[0] : value)
    return this
  }

  cookie(name: string, value: string, options: SerializeOptions = {}): Reply {
    const secure = this.request.protocol === 'https'
    const cookie = stringifySetCookie({ name, value, httpOnly: true, sameSite: 'lax', path: '/', secure, ...options })
    this.#reply.header('set-cookie', cookie)
    return this
  }

  #watch(): AbortController {
    const abort = new AbortController()
    const { raw } = this.#reply
    const tell = (): void => {
      if (!raw.writableEnded) abort.abort(new PosthouseError('aborted', 'The client has gone'))
    }
    if (raw.closed) tell()
    else raw.once('close', tell)
    return abort
  }
}

import { type LogFields, type Logger, PosthouseError } from '@posthouse/core'
import { aText, checkOptions, numberFrom, type Rules } from '@posthouse/core/options'
import type { Given } from '../client/given.ts'
import { redactHeaders, redactUrl } from '../errors/redact.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { HttpResponse } from '../response/http-response.ts'
import type { FailedAttempt, FinishedRequest, HttpInterceptor } from './http-interceptor.ts'
import { aLogger } from './logger-rule.ts'
import { secretValues, withoutValues } from './secret-values.ts'
import { shownBody } from './shown-body.ts'
import { stderrLogger } from './stderr-logger.ts'

/** The least level that is logged, in document 003's words or in those of our loggers. */
export type LoggingLevel = 'debug' | 'info' | 'warn' | 'warning' | 'error' | 'critical' | Uppercase<Levels>
type Levels = 'debug' | 'info' | 'warn' | 'warning' | 'error' | 'critical'

/** Settings of `logging`. */
export interface LoggingOptions {
  /**
   * `debug`: begins, heads and bodies of requests and responses. `info`: each request when it is over. `warn`: retries, and statuses
   * from 400 on. `error`: requests without an answer. `critical`: nothing. Default `info`.
   */
  readonly level?: LoggingLevel | undefined
  /** Default: that of the client, otherwise the standard error output. */
  readonly logger?: Logger | undefined
  /** Characters of a body that are logged at `debug`. Default 4,096. */
  readonly maxBodyChars?: number | undefined
  /** Characters of a query that are logged. Default 2,048. */
  readonly maxParamsChars?: number | undefined
  /** Characters of all headers together that are logged at `debug`. Default 2,048. */
  readonly maxHeadersChars?: number | undefined
}

export const defaultLogging: Given<LoggingOptions, 'level' | 'maxBodyChars' | 'maxParamsChars' | 'maxHeadersChars'> = {
  level: 'info',
  maxBodyChars: 4096,
  maxParamsChars: 2048,
  maxHeadersChars: 2048,
}

export const loggingRules: Rules<LoggingOptions> = {
  level: aText,
  logger: aLogger,
  maxBodyChars: numberFrom(0),
  maxParamsChars: numberFrom(0),
  maxHeadersChars: numberFrom(0),
}

const ranks: Readonly<Record<Levels, number>> = { debug: 0, info: 1, warn: 2, warning: 2, error: 3, critical: 4 }

/**
 * Logs requests. Secrets are replaced, in headers, queries and JSON bodies too.
 * @throws `invalid_option`
 */
export function logging(options: LoggingOptions = {}): HttpInterceptor {
  checkOptions('logging', options, loggingRules)
  const rank = rankOf(options.level ?? defaultLogging.level)
  const lines = new Lines(options, options.logger ?? stderrLogger)
  return {
    name: 'logging',
    ...(rank <= 2 ? { onRetry: (attempt: FailedAttempt) => lines.retries(attempt) } : {}),
    ...(rank <= 3 ? { onDone: (finished: FinishedRequest) => lines.ended(finished, rank) } : {}),
    ...(rank === 0
      ? {
          onStart: (request: HttpRequest) => lines.began(request),
          beforeRequest: (request: HttpRequest) => lines.sends(request),
          afterResponse: (response: HttpResponse, request: HttpRequest) => lines.receives(response, request),
        }
      : {}),
  }
}

function rankOf(level: LoggingLevel): number {
  const name = level.toLowerCase()
  if (Object.hasOwn(ranks, name)) return ranks[name as Levels]
  throw new PosthouseError('invalid_option', `logging.level is ${level}; it is one of ${Object.keys(ranks).join(', ')}`)
}

/** Writes what happened in one voice. */
class Lines {
  readonly #log: Logger
  readonly #maxBody: number
  readonly #maxParams: number
  readonly #maxHeaders: number
  constructor(options: LoggingOptions, logger: Logger) {
    this.#log = logger
    this.#maxBody = options.maxBodyChars ?? defaultLogging.maxBodyChars
    this.#maxParams = options.maxParamsChars ?? defaultLogging.maxParamsChars
    this.#maxHeaders = options.maxHeadersChars ?? defaultLogging.maxHeadersChars
  }

  began(request: HttpRequest): void {
    this.#log.debug(`${request.method} ${this.#url(request)} begins`, { requestId: request.id })
  }

  sends(request: HttpRequest): undefined {
    const { body, headers } = request
    this.#log.debug(`${request.method} ${this.#url(request)} is sent`, {
      requestId: request.id,
      headers: this.#headers(request, headers.toRecord()),
      body: shownBody(contentOf(request), headers.get('content-type') ?? body?.type, {
        max: this.#maxBody,
        secrets: request.secrets,
      }),
    })
    return undefined
  }

  async receives(response: HttpResponse, request: HttpRequest): Promise<undefined> {
    const content = response.incoming === undefined ? await response.bytes() : undefined
    const shown = shownBody(content, response.headers.get('content-type'), {
      max: this.#maxBody,
      secrets: request.secrets,
    })
    this.#log.debug(`${request.method} ${this.#url(request)} was answered with ${response.status}`, {
      requestId: request.id,
      headers: this.#headers(request, response.headers.toRecord()),
      // Interceptors further in have added their secrets by now.
      body: shown === undefined ? undefined : withoutValues(shown, secretValues(request, contentOf(request))),
    })
    return undefined
  }

  retries({ request, attempt, status, error, delayMs }: FailedAttempt): void {
    const why = error === undefined ? `status ${status}` : error.code
    const message = `${request.method} ${this.#url(request)} is tried again in ${Math.round(delayMs)} ms after ${why}`
    this.#log.warn(message, { requestId: request.id, attempt, status, error: error?.code })
  }

  ended({ request, status, error, attempts, durationMs }: FinishedRequest, rank: number): void {
    const what = `${request.method} ${this.#url(request)}`
    const took = `${Math.round(durationMs)} ms`
    const fields: LogFields = { requestId: request.id, status, attempts, durationMs: Math.round(durationMs) }
    if (error !== undefined && status === undefined) {
      this.#log.error(`${what} failed after ${took}: ${error.code}`, { ...fields, error: error.code })
    } else if (error !== undefined || (status !== undefined && status >= 400)) {
      if (rank <= 2) this.#log.warn(`${what} was answered with ${status} in ${took}`, { ...fields, error: error?.code })
    } else if (rank <= 1) this.#log.info(`${what} was answered with ${status} in ${took}`, fields)
  }

  #url({ url, secrets }: HttpRequest): string {
    const shown = redactUrl(url, secrets)
    const query = shown.indexOf('?')
    if (query === -1 || shown.length - query - 1 <= this.#maxParams) return shown
    return `${shown.slice(0, query + 1 + this.#maxParams)}...`
  }

  #headers({ secrets }: HttpRequest, fields: Readonly<Record<string, string | string[]>>): string {
    const text = JSON.stringify(redactHeaders(fields, secrets))
    return text.length <= this.#maxHeaders ? text : `${text.slice(0, this.#maxHeaders)}...`
  }
}

/** What can be read without keeping the server from it. */
function contentOf({ body }: HttpRequest): string | Uint8Array | undefined {
  const content = body?.replayable === true ? body.open() : undefined
  return typeof content === 'string' || content instanceof Uint8Array ? content : undefined
}

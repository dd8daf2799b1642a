import type { Logger } from '@posthouse/core'
import { PosthouseError } from '@posthouse/core'
import { checkClientOptions } from '../client/check-options.ts'
import type { HttpClientOptions } from '../client/client-options.ts'
import type { RequestOptions } from '../client/request-options.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import { stderrLogger } from '../interceptors/stderr-logger.ts'

/** What cannot be used while the thread that it lives in waits for the answer. */
type Left = 'transport' | 'hops' | 'policies' | 'clock' | 'cookies' | 'dns'

/** Options of the synchronous client: those of `createHttpClient` but for what would have to be awaited. */
export interface SyncHttpClientOptions extends Omit<HttpClientOptions, Left | 'preset'> {
  readonly preset?: HttpClientOptions | undefined
  /** Whether cookies are kept and sent back. Default false. */
  readonly cookies?: boolean | undefined
  readonly dns?: Omit<NonNullable<HttpClientOptions['dns']>, 'resolve'> | undefined
}

/** Options of one request. There is no signal: nothing could fire it meanwhile. See `timeout.total`. */
export type SyncRequestOptions = Omit<RequestOptions, 'signal'>

const left: readonly string[] = ['transport', 'hops', 'policies', 'clock']

const hookNames = ['beforeRequest', 'afterResponse', 'onError', 'onStart', 'onRetry', 'onDone'] as const

/** Options as they cross: of loggers and interceptors the functions, wherever those come from. @throws `invalid_option` */
export function crossing(options: HttpClientOptions, base = true): Record<string, unknown> {
  checkClientOptions(options)
  for (const name of left) if (Reflect.get(options, name) !== undefined) throw unusable(name)
  if (typeof options.cookies === 'object') throw unusable('cookies (a jar of your own)')
  if (options.dns?.resolve !== undefined) throw unusable('dns.resolve')
  const { interceptors, logger, logging, preset, requestId, ...rest } = options
  return {
    ...rest,
    ...(preset === undefined ? {} : { preset: crossing(preset, false) }),
    ...(requestId === undefined ? {} : { requestId: () => requestId() }),
    ...(interceptors === undefined ? {} : { interceptors: interceptors.map(hooksOf) }),
    ...(logger === undefined && !base ? {} : { logger: linesOf(logger ?? stderrLogger) }),
    ...(logging === undefined ? {} : { logging: typeof logging === 'object' ? withLines(logging) : logging }),
  }
}

function unusable(name: string): PosthouseError {
  return new PosthouseError('invalid_option', `${name} cannot be used by the synchronous client; use createHttpClient`)
}

/** The hooks of an interceptor, also of one that is an object of a class. */
export function hooksOf(interceptor: HttpInterceptor): Record<string, unknown> {
  const { name, scope } = interceptor
  const hooks = hookNames.flatMap((hook) => {
    const own = interceptor[hook]
    return typeof own === 'function' ? [[hook, own.bind(interceptor)] as const] : []
  })
  return {
    ...(name === undefined ? {} : { name }),
    ...(scope === undefined ? {} : { scope }),
    ...Object.fromEntries(hooks),
  }
}

function withLines(logging: Exclude<NonNullable<HttpClientOptions['logging']>, boolean>): Record<string, unknown> {
  const { logger, ...rest } = logging
  return logger === undefined ? rest : { ...rest, logger: linesOf(logger) }
}

function linesOf(logger: Logger): Record<string, unknown> {
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
  }
}

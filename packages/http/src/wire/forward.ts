import { PosthouseError } from '@posthouse/core'
import type { Dispatcher } from 'undici'
import { type ProxyServer, proxyHeaders } from './proxy.ts'
import { proxyFailed, refusal } from './tunnel.ts'

type HeaderValue = string | string[] | undefined
type Headers = Record<string, HeaderValue>

/** Hands requests for `http:` URLs to a proxy, which sends them on itself (RFC 9112, section 3.2.2). */
export function forwarding(proxy: ProxyServer, target: URL): Dispatcher.DispatchInterceptor {
  const own = proxyHeaders(proxy)
  return (dispatch) => (options, handler) => {
    const headers = { host: target.host, ...withoutCredentials(options.headers), ...own }
    const path = target.origin + options.path
    const { origin: _, ...rest } = options
    return dispatch({ ...rest, path, headers }, refusing407(proxy, target.host, handler))
  }
}

/** Requests through a tunnel reach the server as they are, and the server must not learn what the proxy is told. */
export const guardingCredentials: Dispatcher.DispatchInterceptor = (dispatch) => (options, handler) => {
  withoutCredentials(options.headers)
  return dispatch(options, handler)
}

function withoutCredentials(headers: Dispatcher.DispatchOptions['headers']): Headers {
  const found: Headers = {}
  for (const [name, value] of entriesOf(headers)) {
    if (name.toLowerCase() === 'proxy-authorization') {
      const message = 'the header proxy-authorization would reach the server; give it in the option proxy instead'
      throw new PosthouseError('invalid_option', message)
    }
    const before = found[name]
    found[name] = before === undefined ? value : [before, value ?? []].flat()
  }
  return found
}

function entriesOf(headers: Dispatcher.DispatchOptions['headers']): Iterable<[string, HeaderValue]> {
  if (headers === null || headers === undefined) return []
  if (Array.isArray(headers)) return pairs(headers)
  if (Symbol.iterator in headers) return headers as Iterable<[string, HeaderValue]>
  return Object.entries(headers).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value])
}

function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < flat.length; index += 2) yield [flat[index] ?? '', flat[index + 1] ?? '']
}

/** A 407 is the proxy's own: its reader must not take it for an answer of the server. */
function refusing407(
  proxy: ProxyServer,
  target: string,
  handler: Dispatcher.DispatchHandler,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStarted: () => handler.onResponseStarted?.(),
    onResponseStart: (controller, status, ...rest) => {
      if (status === 407) controller.abort(proxyFailed(proxy, refusal(407, target)))
      else handler.onResponseStart?.(controller, status, ...rest)
    },
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
    onBodySent: (...args) => handler.onBodySent?.(...args),
    onRequestSent: () => handler.onRequestSent?.(),
  }
}

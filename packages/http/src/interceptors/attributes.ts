import { redactUrl } from '../errors/redact.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { FinishedRequest } from './http-interceptor.ts'

/** Facts under the names of OpenTelemetry's semantic conventions for HTTP clients. */
export type Attributes = Readonly<Record<string, string | number>>

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }
/** Any other is `_OTHER`, so that nobody can make up endless names. */
const knownMethods: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY'.split(' '),
)

/** What is known when a request begins. */
export function requestAttributes({ method, url, template, secrets }: HttpRequest): Attributes {
  return {
    'http.request.method': knownMethods.has(method) ? method : '_OTHER',
    'server.address': url.hostname,
    'server.port': url.port === '' ? (defaultPorts[url.protocol] ?? 0) : Number(url.port),
    'url.full': redactUrl(url, secrets),
    'url.template': template,
  }
}

/** What is known when it has ended. */
export function outcomeAttributes({ status, error, attempts }: FinishedRequest): Attributes {
  const type = error?.code ?? (status !== undefined && status >= 400 ? String(status) : undefined)
  return {
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(type !== undefined && { 'error.type': type }),
    ...(attempts > 1 && { 'http.request.resend_count': attempts - 1 }),
  }
}

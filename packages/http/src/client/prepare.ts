import { createId, PosthouseError } from '@posthouse/core'
import type { HttpHeaders } from '../headers/http-headers.ts'
import { type OutgoingBody, outgoingBody } from '../request/outgoing-body.ts'
import { addQuery, requestUrl } from '../request/url.ts'
import { Lifeline } from '../timing/lifeline.ts'
import { timeoutsOf } from '../timing/timeouts.ts'
import type { Assembly } from './assembly.ts'
import { Call } from './call.ts'
import { checkRequestOptions } from './check-options.ts'
import { OutgoingRequest } from './outgoing-request.ts'
import type { RequestOptions } from './request-options.ts'
import type { Settings } from './settings.ts'

/** What a caller asked for. */
export interface Wish {
  readonly method: string
  readonly target: string | URL
  readonly options: RequestOptions
  readonly streaming: boolean
}

/** RFC 9110, section 5.6.2. */
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * The call that a wish comes to.
 * @throws `invalid_request`, `invalid_option`
 */
export function prepare(assembly: Assembly, { method, target, options, streaming }: Wish): Call {
  const { settings } = assembly
  const { clock } = settings
  checkRequestOptions(options)
  const token = methodOf(method)
  const url = urlOf(settings, target, options)
  const body = outgoingBody(options)
  const headers = headersOf(settings, options, { method, url, body })
  const id = headers.get('x-request-id', '')
  const lifeline = new Lifeline(assembly.watch, timeoutsOf(options.timeout, settings.timeouts), options.signal)
  const template = templateOf(target, url, options)
  const fields = { method: token, url, headers, body, id, template, secrets: settings.secrets }
  return new Call(new OutgoingRequest(fields, lifeline), lifeline, {
    startedAt: clock.elapsed(),
    retry: options.retry === undefined ? assembly.retry : assembly.retryFor(options.retry),
    transport: options.redirects === undefined ? assembly.hops.usual : assembly.hops.with(options.redirects),
    streaming,
    throwOnError: options.throwOnError ?? settings.throwOnError,
    errors: options.errors ?? settings.errors,
  })
}

function methodOf(method: string): string {
  // Nearly all are one of these.
  if (repeatable.has(method)) return method
  if (!tokenForm.test(method)) throw new PosthouseError('invalid_request', `${JSON.stringify(method)} is no method`)
  return method.toUpperCase()
}

function urlOf({ baseUrl, params }: Settings, target: string | URL, options: RequestOptions): URL {
  const url = requestUrl(target, { baseUrl, path: options.path, params })
  if (options.params !== undefined) addQuery(url, options.params)
  return url
}

function templateOf(target: string | URL, url: URL, { path }: RequestOptions): string {
  if (path === undefined) return url.origin + url.pathname
  const template = String(target).replace(/[?#].*$/, '')
  return /^[a-z][a-z0-9+.-]*:/i.test(template) ? template : `${url.origin}/${template.replace(/^\/+/, '')}`
}

interface Head {
  readonly method: string
  readonly url: URL
  readonly body: OutgoingBody | undefined
}

function headersOf(settings: Settings, options: RequestOptions, { method, url, body }: Head): HttpHeaders {
  const headers = settings.headers.copy()
  if (options.headers !== undefined) headers.merge(options.headers)
  if (body !== undefined) describeBody(headers, body)
  if (url.username !== '' || url.password !== '') moveCredentials(url, headers)
  if (!headers.has('x-request-id')) headers.set('x-request-id', settings.requestId())
  const key = options.idempotencyKey ?? (settings.idempotencyKeys && !repeatable.has(method))
  if (key !== false && !headers.has('idempotency-key')) headers.set('idempotency-key', key === true ? createId() : key)
  return headers
}

/** RFC 9110, section 9.2.2: repeating these is no different from making them once. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY'])

function describeBody(headers: HttpHeaders, { type, length }: OutgoingBody): void {
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type)
  if (length !== undefined && !headers.has('content-length')) headers.set('content-length', String(length))
}

/** The user and password of a URL would otherwise be in every log that has the URL. */
function moveCredentials(url: URL, headers: HttpHeaders): void {
  const pair = `${decoded(url.username)}:${decoded(url.password)}`
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  url.username = ''
  url.password = ''
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new PosthouseError('invalid_request', 'the user or the password in the URL has a % that encodes nothing')
  }
}

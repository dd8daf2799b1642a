import {
  aClock,
  aFlag,
  aFunction,
  anObject,
  anything,
  aText,
  checkOptions,
  either,
  listOf,
  numberFrom,
  objectWith,
  oneOf,
  optionsOf,
  type Rule,
  type Rules,
  wholeFrom,
} from '@posthouse/core/options'
import { cacheRule } from '../hop/cache.ts'
import { cookiesRule } from '../hop/cookies.ts'
import { decompressRule } from '../hop/decompression.ts'
import { checkInterceptor } from '../interceptors/check-interceptor.ts'
import { aLogger } from '../interceptors/logger-rule.ts'
import { loggingRules } from '../interceptors/logging.ts'
import { metricsRules } from '../interceptors/metrics.ts'
import { poolRule } from '../pool/pool-options.ts'
import { redirectsRule } from '../redirect/redirects.ts'
import type { BodyOptions } from '../request/outgoing-body.ts'
import { rateLimitRule } from '../retry/rate-limit.ts'
import { retryRule } from '../retry/retry-options.ts'
import { timeoutRule } from '../timing/timeouts.ts'
import { guardRule } from '../wire/guard.ts'
import { dnsRule } from '../wire/lookup.ts'
import { proxyRule } from '../wire/proxy.ts'
import { tlsRule } from '../wire/tls.ts'
import type { HedgingOptions, HttpClientOptions, LimitOptions } from './client-options.ts'
import type { RequestOptions } from './request-options.ts'

/** What is in them is looked at where they are read. */
const headers: Rule = { ...anObject, words: 'a record, pairs or Headers', holds: isGroup }
const params: Rule = { words: 'a text, a record, pairs or URLSearchParams', holds: isQuery }
const errors = oneOf('throw', 'response')

const ofClient: Rules<HttpClientOptions> = {
  preset: anObject,
  baseUrl: anything,
  headers,
  params,
  timeout: timeoutRule,
  pool: poolRule,
  retry: retryRule,
  rateLimit: rateLimitRule,
  hedge: optionsOf<HedgingOptions>({ delayMs: numberFrom(0), extra: wholeFrom(1) }, 'delayMs'),
  policies: listOf('functions', aFunction),
  redirects: redirectsRule,
  interceptors: listOf('interceptors', anObject),
  hops: listOf('functions', aFunction),
  logging: either(aFlag, optionsOf(loggingRules)),
  metrics: either(aFlag, optionsOf(metricsRules)),
  logger: aLogger,
  throwOnError: aFlag,
  errors,
  requestId: aFunction,
  idempotencyKeys: aFlag,
  limits: optionsOf<LimitOptions>({ bodyBytes: numberFrom(0) }),
  secrets: listOf('texts', aText),
  transport: aFunction,
  clock: aClock,
  tls: tlsRule,
  proxy: proxyRule,
  http2: aFlag,
  dns: dnsRule,
  guard: guardRule,
  decompress: decompressRule,
  cookies: cookiesRule,
  cache: cacheRule,
}

/** What a request can be told beside its body; methods that send requests of their own can be told it too. */
export const requestRules: Rules<Omit<RequestOptions, keyof BodyOptions>> = {
  headers,
  params,
  path: anObject,
  signal: objectWith('addEventListener', 'removeEventListener'),
  timeout: timeoutRule,
  retry: retryRule,
  redirects: redirectsRule,
  throwOnError: aFlag,
  errors,
  idempotencyKey: either(aFlag, aText),
}

/** The body itself is looked at where it is read. */
export const bodyRules: Rules<BodyOptions> = {
  json: anything,
  form: anObject,
  multipart: anObject,
  body: anything,
  onUploadProgress: aFunction,
}

const ofRequest: Rules<RequestOptions> = { ...requestRules, ...bodyRules }

/** @throws `invalid_option` for an option that a client does not have, or that is what it cannot be */
export function checkClientOptions(options: HttpClientOptions): void {
  checkOptions('the client', options, ofClient)
  for (const interceptor of options.interceptors ?? []) checkInterceptor(interceptor)
}

/** The same of one request. @throws `invalid_option` */
export function checkRequestOptions(options: RequestOptions): void {
  checkOptions('the request', options, ofRequest)
}

function isGroup(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isQuery(value: unknown): boolean {
  return typeof value === 'string' || isGroup(value)
}

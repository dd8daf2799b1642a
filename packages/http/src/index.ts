export type { HedgingOptions, HttpClientOptions, LimitOptions } from './client/client-options.ts'
export {
  aiorequests,
  closeGlobalClient,
  del,
  get,
  getGlobalClient,
  head,
  options,
  patch,
  post,
  put,
  type ReadyClient,
  request,
  type Send,
} from './client/global-client.ts'
export { type ClientStats, createHttpClient, type HttpClient } from './client/http-client.ts'
export { fastkit } from './client/presets.ts'
export type { RequestOptions } from './client/request-options.ts'
export {
  type HttpError,
  type HttpErrorFacts,
  isHttpError,
  type ShownRequest,
} from './errors/http-error.ts'
export { isSecretName, redacted, redactHeaders, redactUrl, type SecretNames } from './errors/redact.ts'
export type { ServerSentEvent } from './events/event-parser.ts'
export type { EventStreamOptions, ReconnectOptions } from './events/event-stream.ts'
export { type HeaderRecord, type HeadersInput, HttpHeaders } from './headers/http-headers.ts'
export type { CacheOptions } from './hop/cache.ts'
export type { CookieChoice, CookieKeeper } from './hop/cookies.ts'
export type { DecompressOptions } from './hop/decompression.ts'
export type { HopOptions } from './hop/hops.ts'
export type { Attributes } from './interceptors/attributes.ts'
export type { FailedAttempt, FinishedRequest, HttpInterceptor } from './interceptors/http-interceptor.ts'
export { type LoggingLevel, type LoggingOptions, logging } from './interceptors/logging.ts'
export {
  type Metrics,
  type MetricsOptions,
  type MetricsRecord,
  type MetricsReport,
  type MetricsSummary,
  metrics,
} from './interceptors/metrics.ts'
export {
  type MeterLike,
  type OpenTelemetryOptions,
  openTelemetry,
  type SpanLike,
  type TracerLike,
} from './interceptors/open-telemetry.ts'
export type { ItemOptions, NextPage, PageOptions } from './page/pages.ts'
export type { PoolStats } from './pool/pool.ts'
export type { PoolOptions } from './pool/pool-options.ts'
export { type CurlOptions, type CurlRequest, toCurl } from './record/curl.ts'
export { type Har, type HarEntry, type HarOptions, type HarPair, HarRecorder } from './record/har.ts'
export type { RedirectOptions } from './redirect/redirects.ts'
export type { HttpRequest } from './request/http-request.ts'
export type { MultipartFile, MultipartInput, MultipartValue } from './request/multipart.ts'
export type { BodyInput, BodyOptions, ChunkSource, FormInput, OutgoingBody, Progress } from './request/outgoing-body.ts'
export { type RequestContext, requestContext } from './request/request-id.ts'
export type { PathInput, QueryInput, QueryValue } from './request/url.ts'
export type { HttpResponse } from './response/http-response.ts'
export { type BodySource, IncomingBody } from './response/incoming-body.ts'
export type { RateLimitOptions } from './retry/rate-limit.ts'
export type { RetryOptions } from './retry/retry-options.ts'
export type { Phase } from './timing/phase.ts'
export type { TimeoutOptions } from './timing/timeouts.ts'
export type { Download, DownloadOptions } from './transfer/download.ts'
export type { ResumeOptions } from './transfer/resumable-upload.ts'
export type { UploadOptions } from './transfer/upload.ts'
export type { Connection, OpenConnection } from './transport/connection.ts'
export type { HopChange, HopInterceptor, HopRequest, HopResponse, Transport } from './transport/transport.ts'
export { createGuard, type Guard, type GuardOptions } from './wire/guard.ts'
export type { DnsOptions, Resolver } from './wire/lookup.ts'
export type { ProxyChoice, ProxyOptions } from './wire/proxy.ts'
export { publicKeyHash, type TlsOptions } from './wire/tls.ts'
export type { WireOptions } from './wire/wire.ts'

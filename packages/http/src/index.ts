export {
  type ErrorSubject,
  type HttpError,
  type HttpErrorFacts,
  httpError,
  isHttpError,
  type ShownRequest,
  toHttpError,
} from './errors/http-error.ts'
export { isSecretName, redacted, redactHeaders, redactUrl, type SecretNames } from './errors/redact.ts'
export { type ThirdPartyStatus, thirdPartyStatusOf } from './errors/third-party-status.ts'
export { type HeaderRecord, type HeadersInput, HttpHeaders } from './headers/http-headers.ts'
export type { OutgoingBody } from './request/outgoing-body.ts'
export { type BodySource, IncomingBody } from './response/incoming-body.ts'
export type { Phase } from './timing/phase.ts'
export type { Connection, OpenConnection } from './transport/connection.ts'
export type { HopInterceptor, HopRequest, HopResponse, Transport } from './transport/transport.ts'
export type { GuardOptions } from './wire/guard.ts'
export type { DnsOptions, Resolver } from './wire/lookup.ts'
export type { ProxyChoice, ProxyOptions } from './wire/proxy.ts'
export { publicKeyHash, type TlsOptions } from './wire/tls.ts'
export type { WireOptions } from './wire/wire.ts'

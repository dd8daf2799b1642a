import type { Handler, Interceptor } from '@posthouse/core'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { OutgoingBody } from '../request/outgoing-body.ts'
import type { IncomingBody } from '../response/incoming-body.ts'
import type { Phase } from '../timing/phase.ts'

/** What a hop differs in from another. */
export interface HopChange {
  readonly method?: string
  readonly url?: URL
  readonly headers?: HttpHeaders
  readonly body?: OutgoingBody | undefined
}

/** One request to one server: a redirection or a new attempt is another one. */
export interface HopRequest {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly body: OutgoingBody | undefined
  /** 1 for the first try of the whole request. */
  readonly attempt: number
  /** Fires when nobody wants the answer any more, with the reason, and also while the body is read. */
  readonly signal: AbortSignal
  /** As `signal`, for those to whom an AbortSignal is too slow. One listener at a time; it is called at most once. */
  onAbort(listener: ((reason: Error) => void) | undefined): void
  /** To be told what is waited for now, so that the deadline of that phase counts. `undefined` while the reader makes us wait. Nobody need do it. */
  enter(phase: Phase | undefined): void
  /** A hop that is like this one but for what is named, and lives as long. */
  derive(change: HopChange): HopRequest
}

/** The answer to one hop: its head is there, its body may still come. */
export interface HopResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHeaders
  readonly body: IncomingBody
  /** Where it came from, if that is not where the request went first. */
  readonly url?: URL
  /** The URLs that redirected there, the first one first. */
  readonly redirects?: readonly string[]
}

/**
 * Carries one request over the network, or pretends to. Rejects with a `PosthouseError`: `dns_failed`, `connect_failed`,
 * `tls_failed`, `proxy_failed`, `connection_lost`, `bad_response` and others; or with the reason of `signal`.
 */
export type Transport = Handler<HopRequest, HopResponse>

/** Wraps each hop: cookies, decompression, cache and recorder are such. */
export type HopInterceptor = Interceptor<HopRequest, HopResponse>

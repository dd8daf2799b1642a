import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Origin, OriginReader } from './client-address.ts'
import { parseQuery, type RawQuery, type RawValues, type RequestView, readCookies } from './request-view.ts'

/** A request of Node as a `RequestView`. What is not asked for is not parsed. */
export class RawView implements RequestView {
  readonly raw: IncomingMessage
  readonly params: RawValues
  readonly #originReader: OriginReader
  #origin: Origin | undefined
  #query: RawQuery | undefined
  #cookies: RawValues | undefined

  constructor(raw: IncomingMessage, params: RawValues, originReader: OriginReader) {
    this.raw = raw
    this.params = params
    this.#originReader = originReader
  }

  get method(): string {
    return this.raw.method ?? 'GET'
  }

  get url(): string {
    return this.raw.url ?? '/'
  }

  get headers(): IncomingHttpHeaders {
    return this.raw.headers
  }

  get query(): RawQuery {
    const mark = this.url.indexOf('?')
    this.#query ??= mark === -1 ? {} : parseQuery(this.url.slice(mark + 1))
    return this.#query
  }

  get cookies(): RawValues {
    this.#cookies ??= readCookies(this.headers.cookie)
    return this.#cookies
  }

  get ip(): string {
    return this.#whence.ip
  }

  get protocol(): 'http' | 'https' {
    return this.#whence.protocol
  }

  get host(): string {
    return this.#whence.host
  }

  get #whence(): Origin {
    this.#origin ??= this.#originReader(this.raw)
    return this.#origin
  }
}

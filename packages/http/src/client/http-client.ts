import { toHttpError } from '../errors/http-error.ts'
import type { ServerSentEvent } from '../events/event-parser.ts'
import { type EventStreamOptions, eventStream } from '../events/event-stream.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import { checkInterceptor } from '../interceptors/check-interceptor.ts'
import { hooksOf } from '../interceptors/hooks.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import { emptyReport, isMetrics, type MetricsReport } from '../interceptors/metrics.ts'
import { type ItemOptions, items, type PageOptions, pages } from '../page/pages.ts'
import type { PoolStats } from '../pool/pool.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { type Download, type DownloadOptions, download } from '../transfer/download.ts'
import { type SendRequest, type UploadOptions, upload } from '../transfer/upload.ts'
import { type Assembly, assemble } from './assembly.ts'
import type { HttpClientOptions } from './client-options.ts'
import { perform } from './engine.ts'
import { madeUpResponse } from './made-up-response.ts'
import { type Network, networkOptions } from './network.ts'
import { prepare, type Wish } from './prepare.ts'
import type { RequestOptions } from './request-options.ts'
import { mergedOptions } from './settings.ts'

/** What a client is doing. */
export interface ClientStats extends PoolStats {
  /** Streams that were closed because nobody could read them any more. */
  readonly leakedStreams: number
}

/** Sends requests. `createHttpClient` makes one. */
export class HttpClient implements AsyncDisposable {
  readonly #assembly: Assembly
  /** Whether another client owns the connections. */
  readonly #borrows: boolean

  /** @throws `invalid_option` */
  constructor(options: HttpClientOptions = {}, shared?: Network) {
    this.#assembly = assemble(options, shared)
    this.#borrows = shared !== undefined
  }

  get(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('GET', url, options)
  }

  post(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('POST', url, options)
  }

  put(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('PUT', url, options)
  }

  patch(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('PATCH', url, options)
  }

  delete(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('DELETE', url, options)
  }

  head(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('HEAD', url, options)
  }

  options(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request('OPTIONS', url, options)
  }

  /**
   * Sends a request and resolves with the response and its whole body, whatever its status.
   * @throws an `HttpError`: `invalid_request`, those of the network and of the deadlines, `aborted`, `closed`; `bad_status`
   * with `throwOnError`
   */
  request(method: string, url: string | URL, options: RequestOptions = {}): Promise<HttpResponse> {
    return this.#send({ method, target: url, options, streaming: false })
  }

  /** As `request`, but resolves with the head; the body is read from the response as it comes, or discarded. */
  stream(method: string, url: string | URL, options: RequestOptions = {}): Promise<HttpResponse> {
    return this.#send({ method, target: url, options, streaming: true })
  }

  /**
   * Events of a server (`text/event-stream`) as they come. A stream that breaks off is opened again behind its last event; leaving
   * the loop ends it.
   * @throws `bad_status`, `bad_response`, and what the request fails with once it is given up
   */
  events(url: string | URL, options?: EventStreamOptions): AsyncGenerator<ServerSentEvent> {
    return eventStream((asked) => this.stream('GET', url, asked), options, this.#assembly.settings.clock)
  }

  /**
   * Answers page by page, by the header `link` or by a function that finds the next page.
   * @throws `bad_status`, `redirect_refused` for a page at another origin, `bad_response` for a circle, `limit_reached`
   */
  pages(url: string | URL, options?: PageOptions): AsyncGenerator<HttpResponse> {
    return pages((at, asked) => this.get(at, asked), url, options)
  }

  /** The items of all pages, one by one. @throws as `pages`, and `bad_response` for a page that is no list */
  items<Item = unknown>(url: string | URL, options?: ItemOptions<Item>): AsyncGenerator<Item> {
    return items((at, asked) => this.get(at, asked), url, options)
  }

  /**
   * Writes a body to a file, which is there only once it is complete. A download that broke off goes on where it stopped.
   * @throws `file_unusable`, before anything is asked for; `bad_status`, `response_too_large`, `truncated_body`, and what the request
   * fails with
   */
  download(url: string | URL, path: string, options?: DownloadOptions): Promise<Download> {
    const open = (asked: RequestOptions): Promise<HttpResponse> => this.stream('GET', url, asked)
    return download({ open, url: String(url), path, clock: this.#assembly.settings.clock }, options)
  }

  /**
   * Sends a file as the body of a PUT, or of another method; or with `resume` in as many requests as it needs, each from where the
   * server has come, now or in another run (tus 1.0.0).
   * @throws `file_unusable`, and what the request fails with; with `resume` also `bad_status`, `bad_response`
   */
  upload(url: string | URL, path: string, options?: UploadOptions): Promise<HttpResponse> {
    const send: SendRequest = (method, at, asked) => this.request(method, at, asked)
    return upload({ send, url, path, clock: this.#assembly.settings.clock }, options)
  }

  /** A client with these options on top of this one's. It uses the connections of this one where they would be the same. */
  extend(options: HttpClientOptions): HttpClient {
    const named = mergedOptions({}, options)
    const merged = mergedOptions(this.#assembly.options, named)
    const shares = networkOptions.every((name) => named[name] === undefined)
    return new HttpClient(merged, shares ? this.#assembly.network : undefined)
  }

  /** Adds an interceptor inside of those that there are, until it is disposed of. @throws `invalid_option` */
  use(interceptor: HttpInterceptor): Disposable {
    checkInterceptor(interceptor)
    const { interceptors, engine } = this.#assembly
    interceptors.push(interceptor)
    engine.hooks = hooksOf(interceptors)
    return {
      [Symbol.dispose]: () => {
        const at = interceptors.indexOf(interceptor)
        if (at !== -1) interceptors.splice(at, 1)
        engine.hooks = hooksOf(interceptors)
      },
    }
  }

  /** What was measured; nothing where metrics are switched off. */
  metrics(): MetricsReport {
    return this.#assembly.interceptors.find(isMetrics)?.report() ?? emptyReport
  }

  get stats(): ClientStats {
    const { network, engine } = this.#assembly
    return { ...network.stats(), leakedStreams: engine.leaks.count }
  }

  /** Takes no more requests, and closes when those under way have ended, with their redirections and further attempts. */
  async drain(): Promise<void> {
    if (this.#borrows) return
    const { traffic, close } = this.#assembly.network
    await traffic.drain()
    await close()
  }

  /** Ends what is under way with `closed`, and closes all connections. */
  async close(): Promise<void> {
    if (!this.#borrows) await this.#assembly.network.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #send(wish: Wish): Promise<HttpResponse> {
    let call: ReturnType<typeof prepare>
    try {
      call = prepare(this.#assembly, wish)
    } catch (thrown) {
      return this.#unprepared(wish, thrown)
    }
    return perform(this.#assembly.engine, call)
  }

  /** What cannot even be sent has no URL or headers that could be shown. */
  async #unprepared({ method, options }: Wish, thrown: unknown): Promise<HttpResponse> {
    const { settings } = this.#assembly
    const request = { method, url: new URL('about:blank'), headers: new HttpHeaders(), attempt: 0 }
    const error = toHttpError(thrown, request)
    if ((options?.errors ?? settings.errors) !== 'response') throw error
    return madeUpResponse(error, { request, attempts: 0, elapsedMs: 0 })
  }
}

/**
 * A client for HTTP: a pool of connections, deadlines for each phase, retries, interceptors, logs and metrics.
 * @throws `invalid_option`
 * @example
 * await using client = createHttpClient({ baseUrl: 'https://api.example.com/v1' })
 * const response = await client.get('/users', { params: { page: 1 } })
 * const users = await response.json(Users)
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  return new HttpClient(mergedOptions({}, options))
}

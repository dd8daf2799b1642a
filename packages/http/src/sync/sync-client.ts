import type { ClientStats } from '../client/http-client.ts'
import type { ServerSentEvent } from '../events/event-parser.ts'
import type { EventStreamOptions } from '../events/event-stream.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import { type MetricsRecord, type MetricsReport, reportOf } from '../interceptors/metrics.ts'
import type { DownloadOptions } from '../transfer/download.ts'
import type { UploadOptions } from '../transfer/upload.ts'
import { type Bridge, bridge } from './bridge.ts'
import { explained } from './explained.ts'
import type { Operation } from './messages.ts'
import { crossing, hooksOf, type SyncHttpClientOptions, type SyncRequestOptions } from './sync-options.ts'
import { type SyncItemOptions, type SyncPageOptions, syncItems, syncPages } from './sync-pages.ts'
import type { SyncHttpResponse } from './sync-response.ts'

/** How a stream of events is followed without a signal: nothing could fire it meanwhile. */
export type SyncEventOptions = Omit<EventStreamOptions, 'signal'>

/** What was downloaded. */
export interface SyncDownload {
  readonly path: string
  /** Size of the file. */
  readonly bytes: number
  /** Bytes that were there from an earlier download. */
  readonly resumedFrom: number
  readonly status: number
  readonly headers: HttpHeaders
}

/** Clients that were not closed must not live for ever in the other thread. */
const forgotten = new FinalizationRegistry<{
  readonly over: Bridge
  readonly client: number
  readonly functions: readonly number[]
}>(({ over, client, functions }) => {
  over.values.forget(functions)
  over.forget(client)
})

/**
 * Sends requests and waits for their answers, as programs do that do not await. The thread stands still meanwhile, timers and
 * servers in it too. `createSyncHttpClient` makes one.
 */
export class SyncHttpClient implements Disposable {
  /** A client does not outlive its thread. */
  readonly #bridge: Bridge
  readonly #client: number
  /** The caller's functions that this client needs. */
  readonly #functions: number[]

  private constructor(over: Bridge, client: number, functions: number[]) {
    this.#bridge = over
    this.#client = client
    this.#functions = functions
    forgotten.register(this, { over, client, functions })
  }

  /** @throws `invalid_option` */
  static open(options: SyncHttpClientOptions): SyncHttpClient {
    const functions: number[] = []
    const over = bridge()
    const packed = over.values.pack(crossing(options), functions)
    return new SyncHttpClient(over, over.open(packed), functions)
  }

  get(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('GET', url, options)
  }

  post(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('POST', url, options)
  }

  put(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('PUT', url, options)
  }

  patch(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('PATCH', url, options)
  }

  delete(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('DELETE', url, options)
  }

  head(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('HEAD', url, options)
  }

  options(url: string | URL, options?: SyncRequestOptions): SyncHttpResponse {
    return this.request('OPTIONS', url, options)
  }

  /**
   * Sends a request and returns the response with its whole body, whatever its status.
   * @throws an `HttpError` with the same codes as the asynchronous client; `invalid_option` for options that cannot cross threads
   */
  request(method: string, url: string | URL, options: SyncRequestOptions = {}): SyncHttpResponse {
    return this.#call('request', [method, String(url), options]) as SyncHttpResponse
  }

  /**
   * Server-sent events as they come; the thread stands still until there is one. Leaving the loop ends the connection.
   * @throws as the asynchronous client
   */
  *events(url: string | URL, options: SyncEventOptions = {}): Generator<ServerSentEvent> {
    const number = this.#bridge.newClient()
    const functions: number[] = []
    this.#call('follow', [number, String(url), options], functions)
    try {
      for (;;) {
        const next = this.#call('next', number) as IteratorResult<ServerSentEvent, undefined>
        if (next.done) return
        yield next.value
      }
    } finally {
      this.#call('leave', number)
      this.#bridge.values.forget(functions)
    }
  }

  /** Answers page by page, by the header `link` or by a function that finds the next page. @throws as the asynchronous client */
  pages(url: string | URL, options: SyncPageOptions = {}): Generator<SyncHttpResponse> {
    return syncPages((at, asked) => this.get(at, asked), url, options)
  }

  /** The items of all pages, one by one. @throws as the asynchronous client */
  items<Item = unknown>(url: string | URL, options: SyncItemOptions<Item> = {}): Generator<Item> {
    return syncItems((at, asked) => this.get(at, asked), url, options)
  }

  /** Writes a body to a file, which is there only once it is complete, and goes on where an earlier download stopped. */
  download(url: string | URL, path: string, options: Omit<DownloadOptions, 'signal'> = {}): SyncDownload {
    return this.#call('download', [String(url), path, options]) as SyncDownload
  }

  /** Sends a file as the body of a PUT, or of another method. */
  upload(url: string | URL, path: string, options: Omit<UploadOptions, 'signal'> = {}): SyncHttpResponse {
    return this.#call('upload', [String(url), path, options]) as SyncHttpResponse
  }

  /** A client with these options on top of this one's. It uses the connections of this one where they would be the same. */
  extend(options: SyncHttpClientOptions): SyncHttpClient {
    const functions: number[] = []
    const client = this.#bridge.newClient()
    const packed = this.#bridge.values.pack([client, crossing(options, false)], functions)
    this.#bridge.call(this.#client, 'extend', packed)
    return new SyncHttpClient(this.#bridge, client, functions)
  }

  /** Adds an interceptor inside of those that there are, until it is disposed of. */
  use(interceptor: HttpInterceptor): Disposable {
    const functions: number[] = []
    const number = this.#bridge.newClient()
    this.#bridge.call(this.#client, 'use', this.#bridge.values.pack([number, hooksOf(interceptor)], functions))
    return {
      [Symbol.dispose]: () => {
        this.#bridge.call(this.#client, 'unuse', number)
        this.#bridge.values.forget(functions)
      },
    }
  }

  /** What was measured; nothing where metrics are switched off. */
  metrics(): MetricsReport {
    const { records, total } = this.#call('metrics', undefined) as { records: MetricsRecord[]; total: number }
    return reportOf(records, total)
  }

  get stats(): ClientStats {
    return this.#call('stats', undefined) as ClientStats
  }

  /** Closes all connections. What is sent afterwards throws `closed`. */
  close(): void {
    if (!this.#bridge.isDead) this.#call('close', undefined)
    this.#bridge.values.forget(this.#functions)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** The functions among the arguments are forgotten with the call, unless a list is given to keep them. */
  #call(operation: Operation, args: unknown, kept?: number[]): unknown {
    const functions = kept ?? []
    try {
      return this.#bridge.call(this.#client, operation, this.#bridge.values.pack(args, functions))
    } catch (error) {
      throw explained(error)
    } finally {
      if (kept === undefined) this.#bridge.values.forget(functions)
    }
  }
}

/**
 * A client whose calls wait for their answers; with the options of `createHttpClient`, but for those that would have to be awaited.
 * All of them share one thread, which is started by the first.
 * @throws `invalid_option`
 * @example
 * using client = createSyncHttpClient({ baseUrl: 'https://api.example.com/v1' })
 * const users = client.get('/users', { params: { page: 1 } }).json(Users)
 */
export function createSyncHttpClient(options: SyncHttpClientOptions = {}): SyncHttpClient {
  return SyncHttpClient.open(options)
}

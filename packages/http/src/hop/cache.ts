import { aFlag, either, numberFrom, optionsOf, type Rule } from '@posthouse/core/options'
import { cacheStores, type Dispatcher, interceptors } from 'undici'
import { emptyRecord, type HeaderRecord, HttpHeaders } from '../headers/http-headers.ts'
import { IncomingBody } from '../response/incoming-body.ts'
import type { HopInterceptor, HopRequest, HopResponse, Transport } from '../transport/transport.ts'

/** How answers are kept. */
export interface CacheOptions {
  /** Answers that are kept at most. Default 1,024. */
  readonly entries?: number
  /** Bytes that all kept bodies have at most. Default 64 MiB. */
  readonly maxBytes?: number
  /** Bytes of the largest body that is kept. Default 4 MiB. */
  readonly maxEntryBytes?: number
}

export const cacheRule: Rule = either(
  aFlag,
  optionsOf<CacheOptions>({ entries: numberFrom(1), maxBytes: numberFrom(1), maxEntryBytes: numberFrom(1) }),
)

/**
 * Answers again what may be answered again (RFC 9111), for one user: what is marked `private` is kept too, so a client with a
 * cache must not serve several. Old answers are asked after with their validators. Kept in memory, until the client is gone.
 */
export function cache(options: CacheOptions = {}): HopInterceptor {
  const store = new cacheStores.MemoryCacheStore({
    maxCount: options.entries ?? 1_024,
    maxSize: options.maxBytes ?? 64 * 1024 * 1024,
    maxEntrySize: options.maxEntryBytes ?? 4 * 1024 * 1024,
  })
  const caching = interceptors.cache({ store, type: 'private' })
  return (request, next) => {
    const { promise, resolve, reject } = Promise.withResolvers<HopResponse>()
    const dispatch = caching((options, handler) => forwarded(request, options, { next, handler }))
    const { origin, pathname, search } = request.url
    const headers = { ...request.headers.toRecord() }
    const asked = { origin, path: pathname + search, method: request.method as Dispatcher.HttpMethod, headers }
    try {
      dispatch(asked, new Answer(resolve, reject))
    } catch (error) {
      reject(error)
    }
    return promise
  }
}

interface Onward {
  readonly next: Transport
  readonly handler: Dispatcher.DispatchHandler
}

/** Asks the server, because the cache cannot answer; tells the cache what comes as undici would. */
function forwarded(request: HopRequest, options: Dispatcher.DispatchOptions, { next, handler }: Onward): boolean {
  // The cache adds validators to what it was given, which was a record.
  const headers = new HttpHeaders(options.headers as HeaderRecord)
  const controller = new Controller()
  const relay = async (): Promise<void> => {
    handler.onRequestStart?.(controller, null)
    const response = await next(request.derive({ headers }))
    controller.body = response.body
    const fields = { ...response.headers.toRecord() }
    controller.rawHeaders = flat(fields)
    handler.onResponseStart?.(controller, response.status, fields, response.statusText)
    for await (const chunk of response.body) {
      await controller.whenResumed()
      handler.onResponseData?.(controller, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    }
    handler.onResponseEnd?.(controller, {})
  }
  relay().catch((error: Error) => handler.onResponseError?.(controller, error))
  return true
}

function flat(fields: Readonly<HeaderRecord>): Buffer[] {
  const list: Buffer[] = []
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) list.push(Buffer.from(name, 'latin1'), Buffer.from(one, 'latin1'))
  }
  return list
}

/** How the cache slows down or ends what comes from the server. */
class Controller implements Dispatcher.DispatchController {
  rawHeaders: Buffer[] = []
  rawTrailers: Buffer[] = []
  body: IncomingBody | undefined
  paused = false
  reason: Error | null = null
  #resumed: PromiseWithResolvers<void> | undefined

  get aborted(): boolean {
    return this.reason !== null
  }

  abort(reason: Error): void {
    this.reason ??= reason
    this.body?.stop(reason)
    this.resume()
  }

  pause(): void {
    this.paused = true
    this.#resumed ??= Promise.withResolvers()
  }

  resume(): void {
    this.paused = false
    this.#resumed?.resolve()
    this.#resumed = undefined
  }

  async whenResumed(): Promise<void> {
    await this.#resumed?.promise
  }
}

/** What the cache answers, be it kept or fresh. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: HopResponse) => void
  readonly #reject: (error: Error) => void
  #controller: Dispatcher.DispatchController | undefined
  #body: IncomingBody | undefined

  constructor(resolve: (response: HopResponse) => void, reject: (error: Error) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2],
    statusText = '',
  ): void {
    this.#controller = controller
    this.#body = new IncomingBody({
      pause: () => this.#controller?.pause(),
      resume: () => this.#controller?.resume(),
      stop: (reason) => this.#controller?.abort(reason),
    })
    const fields = emptyRecord()
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) fields[name] = value
    this.#resolve({ status, statusText, headers: HttpHeaders.received(fields), body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#body === undefined) this.#reject(error)
    else this.#body.fail(error)
  }
}

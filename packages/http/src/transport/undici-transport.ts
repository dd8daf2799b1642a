import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { transportError } from '../errors/transport-error.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { Line, Pool } from '../pool/pool.ts'
import { type BodySource, IncomingBody } from '../response/incoming-body.ts'
import { sendable } from './sendable.ts'
import type { HopRequest, HopResponse, Transport } from './transport.ts'

/** Carries requests over the connections of `pool`. */
export function undiciTransport(pool: Pool): Transport {
  return (hop) =>
    new Promise((resolve, reject) => {
      const { origin } = hop.url
      const line = pool.take(origin)
      if (line !== undefined) new Exchange(hop, pool, line).begin(resolve, reject)
      else waited(pool, origin, hop).then((free) => new Exchange(hop, pool, free).begin(resolve, reject), reject)
    })
}

function waited(pool: Pool, origin: string, hop: HopRequest): Promise<Line> {
  hop.enter('pool')
  return pool.wait(origin, (leave) => hop.onAbort(leave))
}

/** One request on one connection: what undici tells becomes an answer, phases and errors. */
class Exchange implements Dispatcher.DispatchHandler, BodySource {
  readonly #hop: HopRequest
  readonly #pool: Pool
  readonly #line: Line
  #resolve: ((response: HopResponse) => void) | undefined
  #reject: ((error: Error) => void) | undefined
  #controller: Dispatcher.DispatchController | undefined
  #body: IncomingBody | undefined
  #done = false

  constructor(hop: HopRequest, pool: Pool, line: Line) {
    this.#hop = hop
    this.#pool = pool
    this.#line = line
  }

  begin(resolve: (response: HopResponse) => void, reject: (error: Error) => void): void {
    this.#resolve = resolve
    this.#reject = reject
    const { url, method, headers, body } = this.#hop
    this.#hop.onAbort((reason) => this.stop(reason))
    if (this.#done) return
    this.#hop.enter('connect')
    const path = url.pathname + url.search
    const sent = body === undefined ? null : sendable(body)
    try {
      // What undici takes as body and headers is wider than its types say: any iterable, and a record without prototype.
      const { connection, origin } = this.#line
      const fields = headers.toRecord()
      const options = { origin: origin.name, path, method, headers: fields, body: sent as Uint8Array | null }
      connection.dispatcher.dispatch(options, this)
    } catch (error) {
      this.onResponseError(undefined, error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#done) controller.abort(new Error('nobody waits for it'))
    else this.#hop.enter('write')
  }

  onBodySent(): void {
    if (this.#body === undefined && !this.#done) this.#hop.enter('write')
  }

  onRequestSent(): void {
    if (this.#body === undefined && !this.#done) this.#hop.enter('firstByte')
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText = '',
  ): void {
    // An early hint is no answer.
    if (status < 200 || this.#done) return
    this.#controller = controller
    this.#hop.enter('read')
    const body = new IncomingBody(this)
    this.#body = body
    // undici gives no undefined values, which Node's type allows.
    this.#resolve?.({ status, statusText, headers: HttpHeaders.received(headers as Record<string, string>), body })
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#done) return
    this.#hop.enter('read')
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.#finish(false)) return
    this.#body?.end()
  }

  onResponseError(_controller: unknown, error: unknown): void {
    // Other requests on the same connection may live on; if it is lost, the pool hears of that by itself.
    if (!this.#finish(this.#line.running === 1)) return
    this.#fail(transportError(error, this.#progress()))
  }

  pause(): void {
    this.#controller?.pause()
    this.#hop.enter(undefined)
  }

  resume(): void {
    this.#hop.enter('read')
    this.#controller?.resume()
  }

  stop(reason: Error): void {
    if (this.#done) return
    const shared = this.#line.running > 1
    if (!this.#finish(!shared)) return
    // On a connection of its own the request ends with it.
    if (shared) this.#controller?.abort(reason)
    this.#fail(reason)
  }

  #progress(): 'connecting' | 'sending' | 'body' {
    if (this.#body !== undefined) return 'body'
    return this.#controller === undefined ? 'connecting' : 'sending'
  }

  /** False where it had ended before. */
  #finish(spent: boolean): boolean {
    if (this.#done) return false
    this.#done = true
    this.#hop.onAbort(undefined)
    this.#hop.enter(undefined)
    this.#pool.giveBack(this.#line, spent)
    return true
  }

  #fail(error: Error): void {
    if (this.#body === undefined) this.#reject?.(error)
    else this.#body.fail(error)
  }
}

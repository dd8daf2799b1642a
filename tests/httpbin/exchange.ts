import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** One request with its answer, as the endpoints see them. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly body: Buffer

  constructor(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    this.request = request
    this.response = response
    this.body = body
    const scheme = 'encrypted' in request.socket ? 'https' : 'http'
    this.url = new URL(`${scheme}://${request.headers.host}${request.url}`)
  }

  get method(): string {
    return this.request.method ?? 'GET'
  }

  get query(): URLSearchParams {
    return this.url.searchParams
  }

  /** A number of the query. */
  number(name: string, otherwise: number): number {
    const value = Number(this.query.get(name) ?? otherwise)
    return Number.isFinite(value) ? value : otherwise
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  /** True until the client has gone. */
  get open(): boolean {
    return !this.response.destroyed && !this.response.writableEnded
  }

  send(status: number, body: string | Uint8Array = '', headers: OutgoingHttpHeaders = {}): void {
    const bytes = Buffer.from(body)
    const length = status === 204 || status === 304 ? {} : { 'content-length': bytes.length }
    this.begin(status, { ...length, ...headers })
    this.response.end(status === 204 || status === 304 ? undefined : bytes)
  }

  json(value: Readonly<Record<string, unknown>>, headers: OutgoingHttpHeaders = {}): void {
    this.send(200, `${JSON.stringify(sorted(value))}\n`, { 'content-type': 'application/json', ...headers })
  }

  redirect(location: string, status = 302, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, `<a href="${location}">${location}</a>`, { location, ...headers })
  }

  /** Sends the head. A header of `undefined` is left out. */
  begin(status: number, headers: OutgoingHttpHeaders = {}): void {
    const all = {
      ...(status === 304 ? {} : { 'content-type': 'text/html; charset=utf-8' }),
      'access-control-allow-origin': this.request.headers.origin ?? '*',
      'access-control-allow-credentials': 'true',
      ...headers,
    }
    this.response.writeHead(status, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
  }

  /** Writes when the client has room for it. */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (!this.open || this.response.write(chunk)) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.response.off('drain', done).off('close', done)
        resolve()
      }
      this.response.on('drain', done).on('close', done)
    })
  }

  /** Waits, but no longer than the client does. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0 || !this.open) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.response.off('close', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.response.on('close', done)
    })
  }
}

function sorted(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

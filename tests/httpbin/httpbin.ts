import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { endpoints } from './endpoints.ts'
import { Exchange } from './exchange.ts'
import { streams } from './streams.ts'

/** A server that answers as httpbin does, for tests and examples. Dispose ends it and all of its connections. */
export interface Httpbin extends AsyncDisposable {
  /** Like `http://127.0.0.1:12345`. */
  readonly url: string
  readonly port: number
  /** What it was asked for, like `GET /get?a=1`. */
  readonly seen: readonly string[]
}

const routes = [...endpoints, ...streams]

/** For paths that are for one method only. */
const methods: Readonly<Record<string, string>> = {
  '/get': 'GET',
  '/post': 'POST',
  '/put': 'PUT',
  '/patch': 'PATCH',
  '/delete': 'DELETE',
}

export async function startHttpbin(tls?: ServerOptions): Promise<Httpbin> {
  const seen: string[] = []
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${request.method} ${request.url}`)
    answer(request, response).catch(() => response.destroy())
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    seen,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = new Exchange(request, response, await buffer(request))
  const path = decodeURIComponent(exchange.url.pathname)
  for (const [pattern, endpoint] of routes) {
    const match = pattern.exec(path)
    if (match === null) continue
    const method = methods[path]
    if (allowed(method, exchange.method)) return await endpoint(exchange, ...match.slice(1))
    return exchange.send(405, '', { allow: [method, ...(method === 'GET' ? ['HEAD'] : []), 'OPTIONS'].join(', ') })
  }
  exchange.send(404, 'Not Found')
}

function allowed(method: string | undefined, asked: string): boolean {
  return method === undefined || method === asked || (method === 'GET' && asked === 'HEAD')
}

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Wire } from '../src/wire/wire.ts'

/** A server on a port of 127.0.0.1 that was free. Dispose ends it and all of its connections. */
export interface TestServer extends AsyncDisposable {
  /** Like `http://127.0.0.1:12345`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly server: Server
}

export async function startServer(listener: RequestListener, tls?: ServerOptions): Promise<TestServer> {
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    server,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Sends one GET over a connection of its own, and gives the body. */
export async function askOnce(wire: Wire, url: string): Promise<string> {
  const { origin, pathname, search } = new URL(url)
  const { dispatcher } = wire.open(origin)
  try {
    const { body } = await dispatcher.request({ path: pathname + search, method: 'GET', origin })
    return await body.text()
  } finally {
    await dispatcher.destroy()
  }
}

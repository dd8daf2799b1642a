import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Api, CallReply, SocketDoorOptions } from '@posthouse/rpc'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'

/** A server with the doors of an API, on a port of its own. */
export interface Serving extends AsyncDisposable {
  readonly url: string
  /** A Socket.IO client that is connected. It is closed with the server. */
  connect(options?: Partial<ManagerOptions & SocketOptions>): Promise<Socket>
  /** Sends a request and reads its answer. */
  ask(path: string, init?: RequestInit): Promise<Asked>
  /** Sends a call. */
  call(body: object, headers?: Record<string, string>): Promise<Asked>
}

/** An answer that was read. */
export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}

/** Serves an API as a node does, with nothing but `node:http`. */
export async function serve(api: Api, options?: SocketDoorOptions): Promise<Serving> {
  const door = api.socketDoor(options)
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/socket.io/')) door.handleRequest(request, response)
    else void answer(api, request, response)
  })
  server.on('upgrade', (request, socket, head) => door.handleUpgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const clients: Socket[] = []
  const ask = async (path: string, init?: RequestInit): Promise<Asked> => {
    const response = await fetch(url + path, init)
    const body = await response.text()
    return { status: response.status, headers: response.headers, text: body, json: JSON.parse(body) }
  }
  return {
    url,
    ask,
    call: (body, headers = {}) =>
      ask('/api/call', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    connect: async (settings) => {
      const client = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...settings })
      clients.push(client)
      await new Promise<void>((resolve, reject) => {
        client.once('connect', resolve)
        client.once('connect_error', reject)
      })
      return client
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect()
      await api.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const abortion = new AbortController()
  response.once('close', () => abortion.abort())
  const asked = {
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    signal: abortion.signal,
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
  const id = decodeURIComponent(pathname.split('/')[3] ?? '')
  const from = Number(searchParams.get('from') ?? 0)
  if (request.method === 'POST') await send(await api.http.call(JSON.parse(await text(request)), asked), response)
  else if (request.method === 'DELETE') await send(await api.http.cancel(id, asked), response)
  else await send(await api.http.status(id, asked, from), response)
}

async function send({ status, headers, body }: CallReply, response: ServerResponse): Promise<void> {
  response.writeHead(status, headers)
  if (typeof body === 'string') response.end(body)
  else await pipeline(body, response).catch(() => undefined)
}

/** The next event of a socket. */
export async function next(socket: Socket, event: string): Promise<Record<string, unknown>> {
  return await new Promise((resolve) => socket.once(event, resolve))
}

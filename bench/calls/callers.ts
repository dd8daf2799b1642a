import { Agent, request } from 'node:http'
import { HubClient } from '@posthouse/client'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import type { trpcRouter } from './servers.ts'

/** Something that calls a server. */
export interface Caller extends AsyncDisposable {
  call(n: number): Promise<unknown>
}

async function bySocket(port: number): Promise<Caller> {
  // Only Posthouse asks who calls; so it remembers each call, as for its own client.
  const auth = { posthouse: 1, caller: 'a'.repeat(32) }
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, auth })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return {
    call: (n) => socket.emitWithAck('api', { api: 'get', data: { userId: n }, request_id: `r${n}` }),
    [Symbol.asyncDispose]: async () => void socket.disconnect(),
  }
}

async function byHttp(port: number): Promise<Caller> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const headers = { 'content-type': 'application/json', 'posthouse-caller': 'a'.repeat(32) }
  const call = (n: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asking = request(
        { port, host: '127.0.0.1', method: 'POST', path: '/api/call', agent, headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (piece: string) => {
            text += piece
          })
          response.on('end', () => resolve(JSON.parse(text)))
        },
      )
      asking.on('error', reject)
      asking.end(JSON.stringify({ api: 'get', data: { userId: n }, request_id: `r${n}` }))
    })
  return { call, [Symbol.asyncDispose]: async () => agent.destroy() }
}

async function byTrpc(port: number): Promise<Caller> {
  const socket = createWSClient({ url: `ws://127.0.0.1:${port}`, WebSocket: WebSocket as never })
  const client = createTRPCClient<typeof trpcRouter>({ links: [wsLink({ client: socket })] })
  return {
    call: (n) => client.get.mutate({ userId: n }),
    [Symbol.asyncDispose]: async () => void (await socket.close()),
  }
}

async function byHub(port: number): Promise<Caller> {
  const client = new HubClient({ url: `ws://127.0.0.1:${port}` })
  await client.connect()
  return {
    call: (n) => client.request('hub', 'get', { userId: n }),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

/** What is compared: a server, and how it is called. */
export const contenders: Readonly<
  Record<string, { readonly server: string; readonly open: (port: number) => Promise<Caller> }>
> = {
  'Socket.IO emitWithAck': { server: 'emitWithAck', open: bySocket },
  'Posthouse, Socket.IO': { server: 'posthouse', open: bySocket },
  'Posthouse, Socket.IO, kept': { server: 'posthouse, kept', open: bySocket },
  'Posthouse, hub': { server: 'posthouse', open: byHub },
  'tRPC over WebSocket': { server: 'trpc', open: byTrpc },
  'Fastify POST': { server: 'fastify', open: byHttp },
  'Posthouse, HTTP': { server: 'posthouse', open: byHttp },
  'Posthouse, HTTP, kept': { server: 'posthouse, kept', open: byHttp },
}

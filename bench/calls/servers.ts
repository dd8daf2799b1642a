import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hub } from '@posthouse/hub'
import { procedure } from '@posthouse/rpc'
import { openCallStore } from '@posthouse/store/calls'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import fastify from 'fastify'
import { createNode } from 'posthouse'
import { Server as SocketServer } from 'socket.io'
import { WebSocketServer } from 'ws'
import { callsDoor } from '../../packages/posthouse/src/node/calls-door.ts'

/** A server that answers calls, until its process ends. */
export interface CallsServer {
  readonly port: number
}

/** What every one of them answers. */
const answer = ({ userId }: { readonly userId: number }) => ({ id: userId, name: 'Test User' })

async function listen(server: Server): Promise<CallsServer> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

const trpc = initTRPC.create()
export const trpcRouter = trpc.router({
  get: trpc.procedure.input((value) => value as { userId: number }).mutation(({ input }) => answer(input)),
})

async function posthouse(durable: boolean): Promise<CallsServer> {
  const hub = new Hub()
  const path = join(mkdtempSync(join(tmpdir(), 'posthouse-bench-')), 'calls.db')
  const store = durable ? openCallStore({ path }) : undefined
  // Nothing is checked, as with the others; it must not run twice, which costs two notes where it is kept.
  const procedures = { get: procedure({}, (data) => answer(data as { userId: number })) }
  const node = createNode({ hub, doors: [callsDoor({ hub, procedures, store })] })
  const { port } = await node.listen({ port: 0 })
  return { port }
}

/** The servers by name, each for a process of its own. */
export const servers: Readonly<Record<string, () => Promise<CallsServer>>> = {
  emitWithAck: () => {
    const server = createServer()
    const io = new SocketServer(server, { perMessageDeflate: false })
    io.on('connection', (socket) => {
      socket.on('api', (call: { data: { userId: number } }, reply: (value: object) => void) => reply(answer(call.data)))
    })
    return listen(server)
  },
  fastify: async () => {
    const app = fastify()
    app.post('/api/call', async ({ body }) => answer((body as { data: { userId: number } }).data))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: (app.server.address() as AddressInfo).port }
  },
  trpc: async () => {
    const server = createServer()
    applyWSSHandler({ wss: new WebSocketServer({ server }), router: trpcRouter })
    return listen(server)
  },
  posthouse: () => posthouse(false),
  'posthouse, kept': () => posthouse(true),
}

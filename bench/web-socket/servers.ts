import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@posthouse/core'
import { type App, createApp, messageRouter } from '@posthouse/web'
import { WebSocketServer } from 'ws'
import { z } from 'zod'

/** A message of the load: about 90 bytes of JSON. */
const message = z.object({
  type: z.literal('reading'),
  id: z.number(),
  sensor: z.string(),
  values: z.array(z.number()),
})

/** Servers that say every text back, by the label of their row. Each starts on a free port. */
export const servers: Readonly<Record<string, () => Promise<number>>> = {
  ws: () => bare(),
  'Posthouse, a loop': () =>
    posthouse((app) => {
      app.websocket('/', async (socket) => {
        await socket.accept()
        for await (const text of socket) await socket.send(text)
      })
    }),
  'Posthouse, receive': () =>
    posthouse((app) => {
      app.websocket('/', async (socket) => {
        await socket.accept()
        for (;;) await socket.sendText(await socket.receiveText())
      })
    }),
  'ws, JSON': () => bare((text) => JSON.stringify(message.parse(JSON.parse(text)))),
  'Posthouse, a schema': () =>
    posthouse((app) => {
      app.websocket('/', { messages: { in: message, out: message } }, async (socket) => {
        await socket.accept()
        for await (const reading of socket) await socket.send(reading)
      })
    }),
  'Posthouse, a router': () =>
    posthouse((app) => {
      const router = messageRouter({
        kinds: (kind) => ({ reading: kind({ message, reply: message }, (reading) => reading) }),
      })
      app.websocket('/', { messages: router.messages }, router)
    }),
}

async function bare(answer: (text: string) => string = (text) => text): Promise<number> {
  const server: Server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(answer(data.toString()))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function posthouse(declare: (app: App) => void): Promise<number> {
  const app = createApp({ env: 'production', logger: silentLogger })
  declare(app)
  return (await app.listen({ port: 0 })).port
}

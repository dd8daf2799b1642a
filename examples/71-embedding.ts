// A node inside servers that exist already: everything beside node:http, and single parts beside Fastify.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HubClient } from '@posthouse/client'
import fastify from 'fastify'
import { createNode } from 'posthouse'

/** A server of your own that has pages of its own, and hands to the node whatever is the node's. */
async function besideNodeHttp(): Promise<void> {
  await using node = createNode({ docs: false })
  node.hub.handle('greet', ({ body }) => `hello, ${body}`)
  await node.start()
  const server = createServer((request, response) => {
    if (request.url === '/mine') response.end('mine')
    else node.handleRequest(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (!node.handleUpgrade(request, socket, head)) socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  console.log(await get(port, '/mine'), await get(port, '/healthz'), await greet(`ws://127.0.0.1:${port}/`))
  server.close()
}

/** Only the hub and its health: no administration, no metrics. */
async function besideFastify(): Promise<void> {
  await using node = createNode({ administration: false, metrics: 'off', docs: false })
  node.hub.handle('greet', ({ body }) => `hello, ${body}`)
  await node.start()
  const server = fastify()
  server.get('/mine', () => 'mine')
  server.get('/healthz', (request, reply) => {
    reply.hijack()
    node.handleRequest(request.raw, reply.raw)
  })
  server.server.on('upgrade', (request, socket, head) => {
    if (!node.handleUpgrade(request, socket, head)) socket.destroy()
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  console.log(await get(port, '/mine'), await get(port, '/healthz'), await greet(`ws://127.0.0.1:${port}/`))
  await node.drain()
  await server.close()
}

async function get(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text()
}

/** Asks the hub, over a WebSocket of the server that the node was put into. */
async function greet(url: string): Promise<unknown> {
  await using client = new HubClient({ url })
  await client.connect()
  return await client.request('hub', 'greet', 'you')
}

await besideNodeHttp()
await besideFastify()

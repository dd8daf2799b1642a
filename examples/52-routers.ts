/**
 * Endpoints in modules of their own, as document 001 imports `api` and `ws`: a router has a prefix, tags, dependencies and
 * responses for all its endpoints, and an app includes it.
 *
 * Run it with `npx posthouse dev examples/52-routers.ts`.
 */
import { createApp, createRouter, problem } from '@posthouse/web'
import { z } from 'zod'

const item = z.object({ id: z.number().int(), name: z.string() })
const shelf = new Map([[1, { id: 1, name: 'ink' }]])

const api = createRouter({
  prefix: '/api',
  tags: ['items'],
  responses: { 404: { description: 'There is no such item' } },
})

const byId = { params: z.object({ id: z.number().int() }), response: item, summary: 'Finds an item' }
api.get('/items/{id}', byId, ({ params }) => shelf.get(params.id) ?? missing(params.id))

api.post('/items', { body: item, response: item, status: 201, summary: 'Adds an item' }, ({ body }) => {
  shelf.set(body.id, body)
  return body
})

const ws = createRouter({ prefix: '/ws', tags: ['websocket'] })

ws.websocket('/count', { messages: { out: z.number() } }, async (socket) => {
  await socket.accept()
  for (let n = 1; n <= 3; n++) await socket.send(n)
})

function missing(id: number): never {
  throw problem(404, `There is no item ${id}`)
}

export const app = createApp({ title: 'Routers' })
app.include(ws)
app.include(api)

if (import.meta.main) await app.listen({ port: 8000 })

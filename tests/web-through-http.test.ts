import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@posthouse/core'
import { createHttpClient } from '@posthouse/http'
import { createApp, createClient, problem } from '@posthouse/web'
import { z } from 'zod'

test('endpoints are called by their types through the HTTP client', async () => {
  await using app = createApp({ env: 'test' })
  const id = z.object({ id: z.number() })
  const item = z.object({ id: z.number(), name: z.string() })
  const getItem = app.get('/items/{id}', { params: id, response: item }, ({ params }) => {
    if (params.id === 0) throw problem(404, 'There is no item 0', { code: 'no_item' })
    return { id: params.id, name: 'ink' }
  })
  const addItem = app.post('/items', { body: item, response: z.string() }, ({ body }) => body.name)
  const { port } = await app.listen({ port: 0 })
  await using http = createHttpClient({ logger: silentLogger })
  const client = createClient(
    { getItem, addItem },
    { baseUrl: `http://127.0.0.1:${port}`, fetch: (url, { method, ...init }) => http.request(method, url, init) },
  )
  assert.deepEqual(await client.getItem({ params: { id: 7 } }), { id: 7, name: 'ink' })
  assert.equal(await client.addItem({ body: { id: 8, name: 'pen' } }), 'pen')
  await assert.rejects(client.getItem({ params: { id: 0 } }), { status: 404, message: 'There is no item 0' })
  const given = client.getItem({ params: { id: 7 } }, { signal: AbortSignal.abort() })
  await assert.rejects(given, { code: 'aborted' })
})

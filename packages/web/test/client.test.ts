import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApp, createClient, createRouter, form, isProblem, multipart, problem } from '@posthouse/web'
import { z } from 'zod'

const item = z.object({ id: z.number().int(), name: z.string() })

function shop() {
  const app = createApp({ env: 'test' })
  const items = createRouter({ prefix: '/items' })
  app.include(items, { prefix: '/v1' })
  const getItem = items.get('/{id}', { params: z.object({ id: z.number() }), response: item }, ({ params }) => {
    if (params.id === 404) throw problem(404, 'There is no such item', { code: 'no_item' })
    return { id: params.id, name: 'ink' }
  })
  const query = z.object({ tag: z.array(z.string()).default([]), limit: z.number().default(10) })
  const list = items.get('/', { query, response: query }, (context) => context.query)
  const add = items.post('/', { body: item, response: item, status: 201 }, ({ body }) => body)
  const login = app.post(
    '/login',
    { body: form(z.object({ user: z.string() })), response: z.string() },
    ({ body }) => body.user,
  )
  const upload = app.post('/upload', { body: multipart(), response: z.array(z.string()) }, async ({ body }) => {
    const names = []
    for await (const part of body) {
      if (part.kind === 'file') part.stream.resume()
      names.push(part.name)
    }
    return names
  })
  const echo = app.websocket(
    '/echo/{room}',
    { messages: { in: z.object({ n: z.number() }), out: z.object({ n: z.number(), room: z.string() }) } },
    async (socket, { params }) => {
      await socket.accept()
      for await (const message of socket) await socket.send({ n: message.n + 1, room: params.room })
    },
  )
  const touch = app.head('/touch', { response: z.string() }, () => 'not sent')
  return { app, endpoints: { getItem, list, add, login, upload, echo, touch } }
}

describe('a client of endpoints', () => {
  it('calls them with what they take and gives what they answer', async () => {
    const { app, endpoints } = shop()
    await using _app = app
    const client = createClient(endpoints, { baseUrl: 'http://shop', fetch: app.fetch })
    const found = await client.getItem({ params: { id: 7 } })
    assert.equal(found.name.toUpperCase(), 'INK')
    assert.deepEqual(await client.list(), { tag: [], limit: 10 })
    assert.deepEqual(await client.list({ query: { tag: ['a b', 'c&d'], limit: 3 } }), { tag: ['a b', 'c&d'], limit: 3 })
    assert.deepEqual(await client.add({ body: { id: 1, name: 'pen' } }), { id: 1, name: 'pen' })
    assert.equal(await client.login({ body: { user: 'ana & bo' } }), 'ana & bo')
    assert.equal(await client.touch(), '')
    const data = new FormData()
    data.append('file', new File(['x'], 'x.txt'))
    assert.deepEqual(await client.upload({ body: data }), ['file'])
  })

  it('refuses, when it is compiled, what they do not take', async () => {
    const { app, endpoints } = shop()
    await using _app = app
    const client = createClient(endpoints, { baseUrl: 'http://shop', fetch: app.fetch })
    const wrong = [
      // @ts-expect-error params are missing
      () => client.getItem(),
      // @ts-expect-error an id is a number
      () => client.getItem({ params: { id: '7' } }),
      // @ts-expect-error a name is missing
      () => client.add({ body: { id: 1 } }),
      // @ts-expect-error an item has no price
      async () => (await client.getItem({ params: { id: 1 } })).price,
    ]
    assert.equal(wrong.length, 4)
  })

  it('rejects with the problem that was answered', async () => {
    const { app, endpoints } = shop()
    await using _app = app
    const client = createClient(endpoints, { baseUrl: 'http://shop', fetch: app.fetch })
    await assert.rejects(client.getItem({ params: { id: 404 } }), (error) => {
      assert.ok(isProblem(error))
      assert.deepEqual([error.status, error.message, error.fields.code], [404, 'There is no such item', 'no_item'])
      return true
    })
    await assert.rejects(client.add({ body: { id: 1.5, name: 'pen' } }), (error) => {
      assert.ok(isProblem(error))
      assert.deepEqual([error.status, error.fields.errors?.[0]?.pointer], [422, '#/id'])
      return true
    })
  })

  it('goes over a port, and opens sockets', async () => {
    const { app, endpoints } = shop()
    await using _app = app
    const { port } = await app.listen({ port: 0 })
    const client = createClient(endpoints, { baseUrl: `http://127.0.0.1:${port}/`, headers: { 'x-request-id': 'r7' } })
    assert.equal((await client.getItem({ params: { id: 7 } })).id, 7)
    await using socket = client.echo({ params: { room: 'a b' } })
    await socket.opened
    socket.send({ n: 1 })
    assert.deepEqual(await socket.receive(), { n: 2, room: 'a b' })
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { createApp } from '@posthouse/web'
import { createNode, type Door } from 'posthouse'
import { WebSocket } from 'ws'

/** What a request to upgrade is answered with. */
async function upgrade(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const asked = request(url.replace(/^ws/, 'http'), {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    },
  })
  asked.end()
  const answered = Promise.withResolvers<number>()
  asked.once('error', answered.reject)
  asked.once('response', (response) => {
    response.resume()
    answered.resolve(response.statusCode ?? 0)
  })
  asked.once('upgrade', (_response, socket) => {
    socket.destroy()
    answered.resolve(101)
  })
  return answered.promise
}

describe('one port', () => {
  test('has the hub, an app with its sockets, and what doors add', async () => {
    const app = createApp({ env: 'test' })
    app.get('/orders/{id}', ({ params }) => params.id)
    app.websocket('/ws/echo', async (socket) => {
      await socket.accept()
      await socket.sendText(await socket.receiveText())
    })
    const door: Door = {
      name: 'pigeons',
      places: [{ path: '/pigeons/', what: 'birds' }],
      mount: (own, { admin }) => own.get('/pigeons', { dependencies: { admin } }, () => ['grey']),
      requests: { path: '/loft/*', handle: (_request, response) => response.end('coo') },
      upgrade: { path: '/loft/*', handle: (_request, socket) => socket.end('HTTP/1.1 418 Teapot\r\n\r\n') },
      close: async () => undefined,
    }
    await using node = createNode({ app, doors: [door], env: 'test' })
    const { url, port } = await node.listen({ port: 0 })
    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
    assert.equal(await get('/orders/7'), '"7"')
    assert.equal(await get('/pigeons'), '["grey"]')
    assert.equal(await get('/loft/3?x'), 'coo')
    assert.match(await get('/'), /"path":"\/pigeons\/"/)
    assert.equal((await fetch(`http://127.0.0.1:${port}/nothing`)).status, 404)
    const echo = new WebSocket(`${url}/ws/echo`)
    await once(echo, 'open')
    echo.send('hello')
    assert.equal(String((await once(echo, 'message'))[0]), 'hello')
    assert.equal(await upgrade(`${url}/loft/x`), 418)
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    assert.deepEqual(node.hub.onlineClients(), ['alice'])
  })

  test('opens no WebSocket where nobody waits for one, and goes on', async () => {
    await using node = createNode({ env: 'test' })
    const { url, port } = await node.listen({ port: 0 })
    assert.equal(await upgrade(`${url}/nowhere`), 404)
    assert.equal(await upgrade(`${url}/socket.io/?EIO=4`), 404)
    assert.equal(await upgrade(`${url}//`), 404)
    assert.equal(await upgrade(`${url}/`, { 'sec-websocket-key': 'short' }), 400)
    assert.equal(await upgrade(`${url}/`, { origin: 'https://elsewhere.example' }), 403)
    // Whatever else a client would rather speak is not spoken, and the request is answered.
    assert.equal(await upgrade(`${url}/`, { upgrade: 'h2c' }), 200)
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
    assert.equal(await upgrade(`${url}/?token=x`), 101)
  })

  test('refuses two doors of one path', () => {
    const door = (name: string): Door => ({
      name,
      places: [],
      upgrade: { path: '/x', handle: (_request, socket) => void socket.destroy() },
      close: async () => undefined,
    })
    assert.throws(() => createNode({ doors: [door('one'), door('two')] }), { code: 'invalid_option' })
  })

  test('refuses an app whose endpoints nobody would reach: the socket at / is that of the hub', () => {
    const sockets = createApp({ env: 'test' })
    sockets.websocket('/', async (socket) => void (await socket.accept()))
    const pages = createApp({ env: 'test' })
    pages.get('/metrics', () => 'mine')
    const message = /the app cannot have (a WebSocket at \/|\/metrics): the node has it itself/
    for (const app of [sockets, pages]) assert.throws(() => createNode({ app }), { code: 'invalid_option', message })
  })

  test('drains: what is under way is answered, doors are told, and the port is closed', async () => {
    const told: string[] = []
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const app = createApp({ env: 'test' })
    app.get('/slow', async () => {
      reached.resolve()
      await go.promise
      return 'done'
    })
    const door: Door = {
      name: 'slow',
      places: [],
      start: async () => void told.push('start'),
      drain: async () => void told.push('drain'),
      close: async () => void told.push('close'),
    }
    const node = createNode({ app, doors: [door], env: 'test' })
    const { port } = await node.listen({ port: 0 })
    const answer = fetch(`http://127.0.0.1:${port}/slow`)
    await reached.promise
    const drained = node.drain()
    assert.ok(node.leaving.aborted)
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
    go.resolve()
    assert.equal(await (await answer).text(), '"done"')
    await drained
    assert.deepEqual(told, ['start', 'drain', 'close'])
    await assert.rejects(async () => node.listen({ port: 0 }), { code: 'closed' })
  })

  test('stops at once where a request does not end', async () => {
    const reached = Promise.withResolvers<void>()
    const app = createApp({ env: 'test' })
    app.get('/endless', () => {
      reached.resolve()
      return new Promise<never>(() => undefined)
    })
    const node = createNode({ app, env: 'test' })
    const { port } = await node.listen({ port: 0 })
    const cut = assert.rejects(fetch(`http://127.0.0.1:${port}/endless`))
    await reached.promise
    const drained = node.drain({ graceMs: 3_600_000 })
    await node.close()
    await Promise.all([drained, cut])
  })
})

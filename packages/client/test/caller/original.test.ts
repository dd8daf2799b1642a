import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { type CallResponse, createCallClient } from '@posthouse/client/calls'
import { CallbackApp } from './callback-app.ts'
import { FaultProxy } from './fault-proxy.ts'
import { OriginalServer } from './original-server.ts'

const quiet = { logLevel: 'silent' } as const

suite('a client of calls at a server of the original kind', () => {
  test('gets results through the socket, by a request with the six keys in their order', async () => {
    await using server = await OriginalServer.start()
    server.register('user.get', (data) => ({ ...(data as object), name: 'Test User' }))
    await using client = createCallClient({
      ...quiet,
      socketUrl: server.socketUrl,
      callbackUrl: 'http://127.0.0.1:8000/api/callback',
    })
    await client.connect()
    assert.equal(client.mode, 'socket')
    assert.deepEqual(await client.call('user.get', { userId: 7 }, { requestId: 'one' }), {
      userId: 7,
      name: 'Test User',
    })
    assert.equal(
      JSON.stringify(server.requests),
      '[{"api":"user.get","data":{"userId":7},"callback_type":"socket","callback_url":"http://127.0.0.1:8000/api/callback",' +
        '"callback_func":"user.get","request_id":"one"}]',
    )
    assert.deepEqual(server.strange, [])
  })

  test('tells a failure from a procedure that is not there', async () => {
    await using server = await OriginalServer.start()
    server.register('boom', () => {
      throw new Error('boom failed')
    })
    await using client = createCallClient({ ...quiet, socketUrl: server.socketUrl })
    await assert.rejects(client.call('boom'), { code: 'call_failed', message: 'boom failed' })
    await assert.rejects(client.call('nope'), { code: 'no_handler' })
  })

  test('refuses data that would make the server drop the connection', async () => {
    await using server = await OriginalServer.start()
    server.register('size', (data) => JSON.stringify(data).length)
    await using client = createCallClient({ ...quiet, socketUrl: server.socketUrl })
    await assert.rejects(client.call('size', { text: 'x'.repeat(1_000_000) }), { code: 'body_too_large' })
    assert.equal(await client.call('size', { text: 'x'.repeat(900_000) }), 900_011)
    const bytes = new Uint8Array([1, 2])
    // By HTTP, or when it is sent again, it would be an object of numbers.
    await assert.rejects(client.call('size', { list: [bytes] }), { code: 'invalid_body', message: /no bytes/ })
    assert.equal(await client.call('size', { '0': 1 }), 7)
  })

  test('posts its calls where there is no socket, and gets the results by callbacks', async () => {
    await using server = await OriginalServer.start()
    await using app = await CallbackApp.start()
    server.register('double', (data) => (data as { n: number }).n * 2)
    await using client = createCallClient({
      ...quiet,
      socketUrl: 'ws://127.0.0.1:1',
      httpUrl: server.httpUrl,
      callbackUrl: app.url,
      unsignedCallbacks: true,
    })
    app.client = client
    await client.connect()
    assert.equal(client.mode, 'http')
    const results = await Promise.all([1, 2, 3].map((n) => client.call('double', { n })))
    assert.deepEqual(results, [2, 4, 6])
    assert.deepEqual(
      server.requests.map(({ callback_type }) => callback_type),
      ['http', 'http', 'http'],
    )
  })

  test('says that it cannot be answered without a callback URL, and sends nothing', async () => {
    await using server = await OriginalServer.start()
    await using client = createCallClient({ ...quiet, httpUrl: server.httpUrl })
    await assert.rejects(client.call('anything'), { code: 'unsupported', message: /callbackUrl/ })
    assert.deepEqual(server.requests, [])
  })

  test('is not taken to be at one where a proxy before the server has answered for it', async () => {
    let asked = 0
    await using server = createServer(async (request, response) => {
      if (asked++ === 0) return response.writeHead(502).end('<html>Bad Gateway</html>')
      response.setHeader('posthouse-calls', 'a'.repeat(32))
      if (request.method === 'GET') return response.writeHead(404).end('{}')
      const { request_id } = JSON.parse(await text(request))
      return response.end(JSON.stringify({ request_id, success: true, data: 'done' }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const httpUrl = `http://127.0.0.1:${Object(server.address()).port}/api/call`
    await using client = createCallClient({ ...quiet, httpUrl, reconnectionDelayMs: 10 })
    try {
      assert.equal(await client.call('anything'), 'done')
      assert.equal(client.mode, 'http')
    } finally {
      server.closeAllConnections()
    }
  })

  test('runs callbacks of the documented style with whole responses, also of failures', async () => {
    await using server = await OriginalServer.start()
    server.register('user.get', () => ({ id: 7 })).register('boom', () => Promise.reject(new Error('boom failed')))
    await using client = createCallClient({ ...quiet, socketUrl: server.socketUrl })
    const heard = Promise.withResolvers<CallResponse>()
    const failed = Promise.withResolvers<CallResponse>()
    client.registerCallback('user.get', heard.resolve).registerCallback('cb', failed.resolve)
    await client.connect()
    const receipt = await client.callWithCallback('user.get', { userId: 7 }, { requestId: 'r-1' })
    assert.deepEqual(receipt, { success: true, message: 'the server has the call', requestId: 'r-1', mode: 'socket' })
    assert.deepEqual(await heard.promise, {
      request_id: 'r-1',
      api: 'user.get',
      success: true,
      data: { id: 7 },
      message: '处理成功',
      callback_func: 'user.get',
    })
    await client.callWithCallback('boom', {}, { callbackFunc: 'cb' })
    const { success, error } = await failed.promise
    assert.deepEqual([success, error], [false, 'boom failed'])
    await assert.rejects(client.callWithCallback('boom', {}, { callbackFunc: 'nobody' }), { code: 'invalid_option' })
    await assert.rejects(client.callWithCallback('boom', {}, { callbackFunc: 'cb', callbackType: 'http' }), {
      code: 'invalid_option',
    })
  })

  test('does not wait forever for a server that takes connections and says nothing', async () => {
    await using server = await OriginalServer.start()
    await using line = await FaultProxy.start(server.port)
    line.deaf = true
    await using client = createCallClient({
      ...quiet,
      socketUrl: `ws://127.0.0.1:${line.port}`,
      connectTimeoutMs: 200,
    })
    await assert.rejects(client.connect(), { code: 'unreachable' })
  })

  test('leaves nothing behind where it is disconnected before it was connected', async () => {
    await using server = await OriginalServer.start()
    await using client = createCallClient({ ...quiet, socketUrl: server.socketUrl })
    const refused = assert.rejects(client.connect(), { code: 'closed' })
    await server.came.promise
    await client.disconnect()
    await refused
    await server.went.promise
    assert.equal(client.mode, 'offline')
  })

  test('says that the outcome is unknown where the connection was lost under a call', async () => {
    const server = await OriginalServer.start()
    const { port } = server
    const begun = Promise.withResolvers<void>()
    const stuck = (): Promise<never> => {
      begun.resolve()
      return new Promise(() => undefined)
    }
    server.register('stuck', stuck).register('harmless', stuck)
    await using client = createCallClient({ ...quiet, socketUrl: server.socketUrl, reconnectionDelayMs: 20 })
    const stuckCall = client.call('stuck')
    const harmless = client.call('harmless', {}, { idempotent: true })
    await begun.promise
    const refused = assert.rejects(stuckCall, { code: 'unknown_outcome' })
    await server[Symbol.asyncDispose]()
    await using again = await OriginalServer.start(port)
    again.register('harmless', () => 'done')
    await refused
    assert.equal(await harmless, 'done')
    assert.deepEqual(
      again.requests.map(({ api }) => api),
      ['harmless'],
    )
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isPosthouseError, silentLogger } from '@posthouse/core'
import { z } from 'zod'
import { createApp } from '../src/app/create-app.ts'
import { depends } from '../src/dependencies/depends.ts'
import { problem } from '../src/problem/problem.ts'

const quiet = { env: 'test', logger: silentLogger } as const

suite('a connected WebSocket', () => {
  test('carries text, bytes and JSON both ways, without a port', async () => {
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      await socket.sendText((await socket.receiveText()).toUpperCase())
      await socket.sendBytes((await socket.receiveBytes()).toReversed())
      await socket.sendJson([await socket.receiveJson()])
    })
    const client = await app.connect('/ws')
    await client.sendText('héllo')
    assert.equal(await client.receiveText(), 'HÉLLO')
    await client.sendBytes(Uint8Array.of(1, 2, 3))
    assert.deepEqual(await client.receiveBytes(), Uint8Array.of(3, 2, 1))
    await client.sendJson({ a: null })
    assert.deepEqual(await client.receiveJson(), [{ a: null }])
    assert.deepEqual(await client.closed, { code: 1000, reason: '' })
    await assert.rejects(client.receive(), { code: 'socket_closed' })
    await assert.rejects(client.send('late'), { code: 'socket_closed' })
  })

  test('carries messages of every length', async () => {
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      for await (const message of socket) await socket.send(message)
    })
    await using client = await app.connect('/ws')
    for (const length of [0, 1, 62, 63, 125, 126, 16_384, 16_385, 32_767, 65_535, 65_536, 300_000]) {
      for (const letter of ['x', 'é', '漢']) {
        await client.send(letter.repeat(length))
        assert.equal(await client.receiveText(), letter.repeat(length))
      }
      await client.send(new Uint8Array(length).fill(7))
      assert.deepEqual(await client.receiveBytes(), new Uint8Array(length).fill(7))
    }
  })

  test('brings query, headers and subprotocols, and tells why it was refused', async () => {
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket, { query, headers }) => {
      if (query.token !== 'right') throw problem(401, 'token not found', { code: 'no_token' })
      await socket.accept({ subprotocol: 'v1' })
      await socket.sendText(`${headers['x-service']}`)
    })
    await assert.rejects(app.connect('/ws'), { status: 401, message: 'token not found', fields: { code: 'no_token' } })
    await assert.rejects(app.connect('/nowhere'), { status: 404 })
    const how = { query: { token: 'right' }, headers: { 'x-service': 'billing' }, subprotocols: ['v1'] }
    await using client = await app.connect('/ws', how)
    assert.equal(client.subprotocol, 'v1')
    assert.equal(await client.receiveText(), 'billing')
  })

  test('is given messages by their schema, and answers what does not fit', async () => {
    const say = z.object({ text: z.string().trim(), times: z.number().default(1) })
    await using app = createApp(quiet)
    app.websocket('/ws', { messages: { in: say, out: z.object({ said: z.string() }) } }, async (socket) => {
      await socket.accept()
      for await (const { text, times } of socket) await socket.send({ said: text.repeat(times) })
    })
    await using client = await app.connect('/ws')
    await client.sendJson({ text: ' a ' })
    assert.deepEqual(await client.receiveJson(), { said: 'a' })
    await client.sendJson({ text: 7 })
    assert.partialDeepStrictEqual(await client.receiveJson(), {
      status: 42200,
      code: 'invalid_message',
      errors: [{ in: 'message', pointer: '#/text' }],
    })
    await client.sendText('{')
    assert.partialDeepStrictEqual(await client.receiveJson(), { status: 40000, code: 'invalid_json' })
    await client.sendBytes(Uint8Array.of(1))
    assert.partialDeepStrictEqual(await client.receiveJson(), { status: 41500 })
    await client.sendJson({ text: 'still here', times: 2 })
    assert.deepEqual(await client.receiveJson(), { said: 'still herestill here' })
  })

  test('sends nothing that does not fit, except in production', async () => {
    const out = z.object({ n: z.number() })
    for (const env of ['test', 'production'] as const) {
      await using app = createApp({ ...quiet, env })
      app.websocket('/ws', { messages: { out } }, async (socket) => {
        await socket.accept()
        await socket.send({ n: 'x' as unknown as number })
      })
      const client = await app.connect('/ws')
      const told = await client.receiveJson<{ status?: number }>()
      assert.equal(told.status, env === 'test' ? 50000 : undefined)
      assert.equal((await client.closed).code, env === 'test' ? 1011 : 1000)
    }
  })

  test('answers in a format of the app', async () => {
    await using app = createApp({ ...quiet, sockets: { errorFrame: ({ status }) => ['error', status] } })
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      await socket.receiveJson()
    })
    await using client = await app.connect('/ws')
    await client.sendText('no')
    assert.deepEqual(await client.receiveJson(), ['error', 400])
  })

  test('gives up waiting for a message at a signal, and loses none', async () => {
    await using app = createApp(quiet)
    const caught = Promise.withResolvers<unknown>()
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      const giveUp = new AbortController()
      const wait = socket.receiveText({ signal: giveUp.signal })
      giveUp.abort()
      await wait.catch((error) => caught.resolve(isPosthouseError(error) && error.code))
      await socket.sendText('ready')
      await socket.sendText(await socket.receiveText())
    })
    await using client = await app.connect('/ws')
    assert.equal(await caught.promise, 'aborted')
    assert.equal(await client.receiveText(), 'ready')
    await client.send('kept')
    assert.equal(await client.receiveText(), 'kept')
  })

  test('is received to the last message, although the peer has closed since', async () => {
    await using app = createApp(quiet)
    const go = Promise.withResolvers<void>()
    const all = Promise.withResolvers<unknown[]>()
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      await go.promise
      const got: unknown[] = []
      for await (const message of socket) got.push(message)
      all.resolve([...got, (await socket.closed).code, socket.signal.aborted])
    })
    const client = await app.connect('/ws')
    for (const text of ['a', 'b', 'c']) await client.send(text)
    await client.close(4000, 'done')
    go.resolve()
    assert.deepEqual(await all.promise, ['a', 'b', 'c', 4000, true])
  })

  test('takes turns with those who wait for a message at the same time', async () => {
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      const all = await Promise.all([socket.receive(), socket.receive(), socket.receive()])
      await socket.sendJson(all)
    })
    await using client = await app.connect('/ws')
    for (const text of ['1', '2', '3']) await client.send(text)
    assert.deepEqual(await client.receiveJson(), ['1', '2', '3'])
  })

  test('has values that live as long as one message', async () => {
    const log: string[] = []
    const life = depends({ scope: 'message' }, ({ requestId, defer }) => {
      defer(() => log.push('ended'))
      log.push(`made ${requestId.split('.').at(-1)}`)
      return log.length
    })
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket, { perMessage }) => {
      await socket.accept()
      for await (const _ of socket) await perMessage({ life }, ({ life: value }) => log.push(`used ${value}`))
    })
    const client = await app.connect('/ws')
    await client.send('a')
    await client.send('b')
    await client.close()
    await app.drain()
    assert.deepEqual(log, ['made 1', 'used 1', 'ended', 'made 2', 'used 4', 'ended'])
  })

  test('measures how long the peer takes to answer a ping', async () => {
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      const [first, second] = await Promise.all([socket.ping(), socket.ping()])
      await socket.sendJson(first >= 0 && second >= 0)
    })
    await using client = await app.connect('/ws')
    assert.equal(await client.receiveJson(), true)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { WebSocket } from 'ws'
import { RawSocket, type RawSocketOptions } from '../../hub/test/raw-socket.ts'
import { RawTcp, request } from '../../hub/test/raw-tcp.ts'
import { text } from '../../hub/test/web-socket-bytes.ts'
import { depends } from '../src/dependencies/depends.ts'
import { problem } from '../src/problem/problem.ts'
import { startSockets } from './socket-server.ts'

/** The answer to a request that does not become a WebSocket. */
async function refusal(url: string, options: RawSocketOptions = {}): Promise<{ status: number; body: unknown }> {
  const socket = new WebSocket(url, options.subprotocols?.slice() ?? [], options)
  socket.on('error', () => undefined)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const body = await response.toArray()
  return { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(body).toString()) }
}

suite('opening a WebSocket', () => {
  test('agrees on a subprotocol and adds headers', async () => {
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        assert.deepEqual(socket.offered, ['v2', 'v1'])
        await socket.accept({ subprotocol: 'v1', headers: { 'x-served-by': 'test' } })
        await socket.sendText(String(socket.subprotocol))
      })
    })
    const socket = new WebSocket(`${server.url}/ws`, ['v2', 'v1'])
    const [[response], [message]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'message')])) as [
      [IncomingMessage],
      [Buffer],
    ]
    assert.equal(response.headers['x-served-by'], 'test')
    assert.equal(String(message), 'v1')
    assert.equal(socket.protocol, 'v1')
    await once(socket, 'close')
  })

  test('does not agree on what was not offered, nor on a header with a line break', async () => {
    const wrong = Promise.withResolvers<void>()
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        try {
          await assert.rejects(socket.accept({ subprotocol: 'v3' }), { code: 'invalid_option' })
          await assert.rejects(socket.accept({ headers: { 'x-a': 'b\r\nx-c: d' } }), { code: 'invalid_option' })
          await socket.accept()
          await assert.rejects(socket.accept(), { code: 'wrong_socket_state' })
          wrong.resolve()
        } catch (error) {
          wrong.reject(error)
        }
      })
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    await wrong.promise
    assert.equal((await raw.closed()).code, 1000)
  })

  test('tells a client before the upgrade that it may not', async () => {
    const user = depends((context) => {
      const { token } = context.request.query
      if (token === undefined) throw problem(401, 'token not found')
      if (token !== 'right') throw problem(403, 'invalid token')
      return { name: 'alice' }
    })
    await using server = await startSockets((router) => {
      router.websocket('/ws', { dependencies: { user } }, async (socket, { deps }) => {
        await socket.accept()
        await socket.sendText(deps.user.name)
      })
    })
    const { status, body } = await refusal(`${server.url}/ws`)
    assert.equal(status, 401)
    assert.partialDeepStrictEqual(body, { status: 401, detail: 'token not found' })
    assert.equal((await refusal(`${server.url}/ws?token=wrong`)).status, 403)
    await using raw = await RawSocket.open(`${server.url}/ws?token=right`)
    assert.equal(await raw.text(), 'alice')
  })

  test('tells a browser after the upgrade that it may not, in a frame and a close code', async () => {
    const refused = depends(() => {
      throw problem(401, 'Authentication failed: token not found')
    })
    await using server = await startSockets((router) => {
      router.websocket('/ws', { dependencies: { refused }, refuse: 'frame' }, () => assert.fail('it was let in'))
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    assert.deepEqual(JSON.parse(await raw.text()), {
      status: 40001,
      message: 'Authentication failed: token not found',
    })
    assert.deepEqual(await raw.closed(), { code: 4401, reason: 'Authentication failed: token not found' })
  })

  test('checks and converts what stands in path and query', async () => {
    const query = { type: 'object', properties: { page: { type: 'integer' } }, required: ['page'] }
    await using server = await startSockets((router) => {
      router.websocket('/rooms/{room}', { query }, async (socket, context) => {
        await socket.accept()
        await socket.sendJson([context.params, context.query])
      })
      router.websocket('/rooms/lobby', async (socket) => {
        await socket.accept()
        await socket.sendJson('lobby')
      })
    })
    await using raw = await RawSocket.open(`${server.url}/rooms/a%20b?page=3`)
    assert.deepEqual(JSON.parse(await raw.text()), [{ room: 'a b' }, { page: 3 }])
    await using lobby = await RawSocket.open(`${server.url}/rooms/lobby`)
    assert.equal(await lobby.text(), '"lobby"')
    const { status, body } = await refusal(`${server.url}/rooms/a?page=x`)
    assert.equal(status, 422)
    assert.partialDeepStrictEqual(body, { errors: [{ in: 'query', pointer: '#/page' }] })
  })

  test('loses nothing that comes while the client is being asked who it is', async () => {
    const asked = Promise.withResolvers<void>()
    const slow = depends(() => asked.promise)
    await using server = await startSockets(
      (router) => {
        router.websocket('/ws', { dependencies: { slow } }, async (socket) => {
          await socket.accept()
          for (let n = 0; n < 3; n++) await socket.send(await socket.receive())
        })
      },
      { limits: { close: 100 } },
    )
    using tcp = await RawTcp.connect(server.port)
    tcp.socket.write(Buffer.concat([Buffer.from(request({}, 'GET /ws HTTP/1.1')), text('first'), text('second')]))
    // What waits in the operating system comes after what stood behind the head.
    tcp.socket.write(text('third'))
    asked.resolve()
    await tcp.head()
    const said = (await tcp.frames()).filter(({ first }) => first === 0x81).map(({ payload }) => String(payload))
    assert.deepEqual(said, ['first', 'second', 'third'])
  })

  test('ends with 403 where the handler never accepts, or closes first', async () => {
    await using server = await startSockets((router) => {
      router.websocket('/silent', () => undefined)
      router.websocket('/closing', async (socket) => {
        await socket.close()
        await assert.rejects(socket.accept(), { code: 'wrong_socket_state' })
      })
    })
    assert.equal((await refusal(`${server.url}/silent`)).status, 403)
    assert.equal((await refusal(`${server.url}/closing`)).status, 403)
  })

  test('ends with 503 where nobody decides in time, and is not accepted later', async () => {
    const clock = new ManualClock()
    const reached = Promise.withResolvers<void>()
    const late = Promise.withResolvers<unknown>()
    const decided = Promise.withResolvers<void>()
    await using server = await startSockets(
      (router) => {
        router.websocket('/ws', async (socket) => {
          reached.resolve()
          await decided.promise
          await socket.accept().catch(late.resolve)
        })
      },
      { clock },
    )
    const answer = refusal(`${server.url}/ws`)
    await reached.promise
    clock.advance(10_000)
    assert.equal((await answer).status, 503)
    decided.resolve()
    assert.match(String(await late.promise), /socket_closed|went before|accepted or refused/)
  })

  test('receives nothing before it is accepted', async () => {
    const failures: unknown[] = []
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        await assert.rejects(socket.receive(), { code: 'wrong_socket_state' }).catch((error) => failures.push(error))
        await socket.accept()
      })
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    assert.equal((await raw.closed()).code, 1000)
    assert.deepEqual(failures, [])
  })

  test('is refused to pages of other origins, unless they are named', async () => {
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => socket.accept())
      router.websocket('/open', { origins: ['https://app.example'] }, async (socket) => socket.accept())
    })
    for (const origin of ['http://evil.example', 'https://app.example', 'null', 'http://localhost.evil.example']) {
      const { status, body } = await refusal(`${server.url}/ws`, { origin })
      assert.equal(status, 403, origin)
      assert.partialDeepStrictEqual(body, { code: 'origin_refused' })
    }
    // A name that somebody has made to point to this computer.
    const rebound = { origin: 'http://evil.example', headers: { host: 'evil.example' } }
    assert.equal((await refusal(`${server.url}/ws`, rebound)).status, 403)
    for (const origin of ['http://localhost:3000', `http://127.0.0.1:${server.port}`, undefined]) {
      await using raw = await RawSocket.open(`${server.url}/ws`, origin === undefined ? {} : { origin })
      await raw.closed()
    }
    const proxied = { origin: 'https://shop.example', headers: { host: 'shop.example' } }
    await using behind = await RawSocket.open(`${server.url}/ws`, proxied)
    await behind.closed()
    await using named = await RawSocket.open(`${server.url}/open`, { origin: 'https://app.example' })
    await named.closed()
  })

  for (const [what, changed, line, status] of [
    ['no key', { 'Sec-WebSocket-Key': '' }, undefined, 400],
    ['another version', { 'Sec-WebSocket-Version': '8' }, undefined, 426],
    ['another method', {}, 'POST /ws HTTP/1.1', 405],
    ['HTTP/1.0', {}, 'GET /ws HTTP/1.0', 400],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }, undefined, 400],
    ['another upgrade', { Upgrade: 'h2c' }, undefined, 400],
  ] as const) {
    test(`is refused with ${status} for ${what}`, async () => {
      await using server = await startSockets((router) => {
        router.websocket('/ws', () => assert.fail('it was let in'))
      })
      using tcp = await RawTcp.connect(server.port)
      tcp.socket.write(request(changed, line ?? 'GET /ws HTTP/1.1'))
      const head = await tcp.head()
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
      assert.match(head, /content-type: application\/problem\+json/)
    })
  }

  test('survives a client that goes while it is being asked who it is', async () => {
    const asked = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const done = Promise.withResolvers<unknown>()
    const slow = depends((context) => {
      context.defer(done.resolve)
      reached.resolve()
      return asked.promise
    })
    await using server = await startSockets((router) => {
      router.websocket('/ws', { dependencies: { slow } }, async (socket) => socket.accept())
    })
    using tcp = await RawTcp.connect(server.port)
    tcp.socket.write(request({}, 'GET /ws HTTP/1.1'))
    await reached.promise
    tcp.socket.resetAndDestroy()
    await once(tcp.socket, 'close')
    asked.resolve()
    await done.promise
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decode, encode } from '@msgpack/msgpack'
import { defaultLimits } from '@posthouse/hub'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { slowStore } from './slow-store.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

const hello = { op: 'hello', client: 'alice', caps: [], producer: 'p1' }

suite('hello and welcome', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`a ${dialect} hello is answered with everything that a client needs to know`, async () => {
      await using server = await startTimelessHub()
      const [peer, welcome] = await RawPeer.welcomed(server.url, 'alice', { dialect })
      await using _peer = peer
      const { session, resumeToken, positions, ...rest } = welcome
      assert.deepEqual(rest, {
        op: 'welcome',
        client: 'alice',
        resumed: false,
        accepted: 0,
        heartbeatMs: 25_000,
        limits: defaultLimits,
        durability: 'memory',
        caps: ['calls', 'channels', 'delivery', 'groups', 'list', 'presence', 'queues'],
        node: 'test-node',
        serverTime: server.clock.now(),
      })
      assert.match(String(session), /^[0-9a-f]{32}$/)
      assert.match(String(resumeToken), /^[\w-]{43}$/)
      assert.deepEqual(Object.keys(positions as object), ['inbox', 'all'])
    })
  }

  test('the first known subprotocol of those that a client offers is chosen', async () => {
    await using server = await startHub()
    const subprotocols = ['posthouse.v9', 'posthouse.v1.msgpack', 'posthouse.v1.json']
    await using raw = await RawSocket.open(server.url, { subprotocols })
    assert.equal(raw.socket.protocol, 'posthouse.v1.msgpack')
    raw.send(encode(hello))
    const { data, binary } = await raw.messages.take()
    assert.ok(binary)
    assert.equal((decode(data) as { op: string }).op, 'welcome')
  })

  test('without a subprotocol a hello is v1 JSON, on any path', async () => {
    await using server = await startHub()
    await using raw = await RawSocket.open(`${server.url}/some/path?x=1`)
    raw.send(JSON.stringify(hello))
    assert.equal(JSON.parse(await raw.text()).op, 'welcome')
    assert.equal(raw.socket.protocol, '')
  })

  test('what comes behind the hello in one message is handled after the welcome, in order', async () => {
    await using server = await startHub()
    const behind = [message('alice', 1), { op: 'ping', id: 'x' }, { op: 'nonsense' }, message('alice', 2)]
    await using peer = await RawPeer.hello(server.url, 'alice', { behind })
    assert.equal((await peer.frames.take()).op, 'welcome')
    assert.deepEqual(await peer.frames.take(), { op: 'pong', id: 'x' })
    assert.equal(codeOf(await peer.frames.take()), 'unknown_op')
    assert.deepEqual(
      (await peer.deliveries(2)).map((frame) => frame.body),
      ['text 1', 'text 2'],
    )
  })

  test('what comes between hello and welcome waits while the store is slow, and too much of it closes with 4412', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store })
    const open = slow.holdInspect()
    await using peer = await RawPeer.hello(server.url, 'alice', { behind: [{ op: 'ping', id: 'early' }] })
    await using greedy = await RawPeer.hello(server.url, 'greedy')
    for (let n = 1; n <= 5; n++) greedy.send(message('alice', n, { body: 'x'.repeat(250_000) }))
    assert.equal((await greedy.closed()).code, 4412)
    assert.deepEqual(peer.frames.untaken, [])
    open()
    assert.equal((await peer.frames.take()).op, 'welcome')
    assert.deepEqual(await peer.frames.take(), { op: 'pong', id: 'early' })
  })

  test('an empty array before the hello says nothing', async () => {
    await using server = await startHub()
    await using raw = await RawSocket.open(server.url, { subprotocols: ['posthouse.v1.json'] })
    raw.send('[]')
    raw.send(JSON.stringify(hello))
    assert.equal(JSON.parse(await raw.text()).op, 'welcome')
  })

  test('nothing usable within five seconds closes with 4408', async () => {
    await using server = await startTimelessHub()
    await using silent = await RawSocket.open(server.url)
    await using babbler = await RawSocket.open(server.url)
    babbler.send('hello?')
    await server.log.line('unusable first message')
    server.clock.advance(4999)
    assert.equal(server.hub.connections, 2)
    server.clock.advance(1)
    assert.equal((await silent.closed()).code, 4408)
    assert.deepEqual(await babbler.closed(), { code: 4408, reason: 'no hello or login came within 5000 ms' })
  })

  test('only so much that is not usable is read', async () => {
    await using server = await startHub()
    for (const [useless, subprotocols] of [
      ['hello?', []],
      ['[]', ['posthouse.v1.json']],
    ] as const) {
      await using babbler = await RawSocket.open(server.url, { subprotocols })
      for (let message = 0; message < 100; message++) babbler.send(useless)
      assert.equal((await babbler.closed()).code, 4400)
    }
  })

  test('an id that nobody may have closes with 4410', async () => {
    await using server = await startHub()
    for (const id of ['', 'all', 'hub', 'server', 'tab\there', 'x'.repeat(129)]) {
      await using peer = await RawPeer.hello(server.url, id)
      assert.equal((await peer.closed()).code, 4410, JSON.stringify(id))
    }
    assert.deepEqual(server.hub.clients({ online: false }), [])
  })

  test('ids may have spaces, colons, Chinese and 128 characters that take four bytes each', async () => {
    await using server = await startHub()
    const ids = ['a b', 'a:b', '设备', '🚀'.repeat(128), "quo'te", '__proto__', 'client:all']
    for (const id of ids) {
      await using peer = await RawPeer.login(server.url, id, { dialect: 'msgpack' })
      const address = id.startsWith('client:') ? `client:${id}` : id
      await peer.publish(address, 1)
      const delivery = await peer.next('deliver')
      assert.deepEqual([delivery.from, delivery.to], [address, address])
    }
    assert.deepEqual(new Set(server.hub.clients({ online: false }).map(({ client }) => client)), new Set(ids))
  })
})

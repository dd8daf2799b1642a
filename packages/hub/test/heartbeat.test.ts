import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { RawPeer } from './raw-peer.ts'
import { startTimelessHub } from './start-hub.ts'

/** What tells the hub that a client is there, done so that it has arrived. */
const signs: Readonly<Record<string, (peer: RawPeer) => unknown>> = {
  'a pong': (peer) => peer.send({ op: 'pong' }),
  'a control pong': (peer) => peer.raw.socket.pong(),
  'a control ping': (peer) => {
    peer.raw.socket.ping()
    return once(peer.raw.socket, 'pong')
  },
  'a frame with an error': (peer) => {
    peer.send({ op: 'nonsense' })
    return peer.next('error')
  },
}

suite('signs of life', () => {
  test('a ping is answered with a pong and its id, a control ping with a control pong', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'ping' }, { op: 'ping', id: 'x' })
    assert.deepEqual(await alice.next('pong'), { op: 'pong' })
    assert.deepEqual(await alice.next('pong'), { op: 'pong', id: 'x' })
    alice.raw.socket.ping('anyone?')
    const [payload] = await once(alice.raw.socket, 'pong')
    assert.equal(String(payload), 'anyone?')
  })

  test('a silent client is pinged after 25 s and closed with 4102 after 10 s more', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    server.clock.advance(24_000)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(25_000)
    assert.deepEqual(await alice.next('ping'), { op: 'ping' })
    server.clock.advance(10_000)
    assert.equal(server.hub.connections, 1)
    server.clock.advance(1000)
    assert.deepEqual(await alice.closed(), { code: 4102, reason: 'nothing was heard for 36000 ms' })
    assert.deepEqual(alice.frames.untaken, [])
  })

  for (const [sign, give] of Object.entries(signs)) {
    test(`${sign} keeps a client alive`, async () => {
      await using server = await startTimelessHub()
      await using alice = await RawPeer.login(server.url, 'alice')
      await using witness = await RawPeer.login(server.url, 'witness')
      for (let round = 0; round < 3; round++) {
        server.clock.advance(25_000)
        await alice.next('ping')
        await give(alice)
        await witness.next('ping')
        await witness.settled()
        server.clock.advance(9000)
      }
      assert.equal(server.hub.connections, 2)
      const [info] = server.hub.clients({ online: false })
      assert.equal(info?.lastSeen, server.clock.now() - 9000)
    })
  }
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

suite('a second connection of the same client', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`closes the first with 4409 and receives in its place, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice')
      await using first = await RawPeer.login(server.url, 'bob')
      await using second = await RawPeer.login(server.url, 'bob', { dialect })
      assert.deepEqual(await first.closed(), { code: 4409, reason: 'bob has connected again' })
      await alice.publish('bob', 1)
      assert.equal((await second.next('deliver')).id, 'm1')
      assert.deepEqual(server.hub.onlineClients(), ['alice', 'bob'])
    })
  }

  test('is not disturbed by the late close of the first, nor by what the first still says', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using watcher = await RawPeer.login(server.url, 'watcher')
    const [first, welcome] = await RawPeer.welcomed(server.url, 'bob')
    first.raw.stall()
    const [second, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    await using _second = second
    assert.equal(again.resumed, true)
    watcher.send({ op: 'presence', watch: true })
    await watcher.next('presence')
    first.send({ op: 'bye' })
    await first.cut()
    await noticed(server, 'bob')
    await alice.publish('bob', 1)
    const delivery = await second.next('deliver')
    second.ack(delivery)
    second.send({ op: 'send', id: 'x', to: 'alice', type: 'text', body: 'still here', n: 1 })
    assert.equal((await alice.next('deliver')).body, 'still here')
    assert.deepEqual(await watcher.settled(), [])
    server.clock.advance(10_000)
    assert.deepEqual(server.hub.onlineClients(), ['alice', 'bob', 'watcher'])
    assert.equal(server.hub.connections, 3)
  })

  test('gets each message that the first did not acknowledge', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using first = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 3; n++) await alice.publish('bob', n)
    first.ack(await first.next('deliver'))
    await first.settled()
    await using second = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      (await second.deliveries(2)).map(({ id }) => id),
      ['m2', 'm3'],
    )
  })

  test('one after the other, twenty times in a row, leaves the last', async () => {
    await using server = await startHub()
    const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.hello(server.url, 'bob')))
    const ends = Promise.all(peers.map((peer) => peer.closed()))
    await using last = await RawPeer.login(server.url, 'bob')
    for (const { code } of await ends) assert.equal(code, 4409)
    for (const _ of peers) await noticed(server, 'bob')
    assert.equal(server.hub.connections, 1)
    await server.hub.send('bob', 'who is there?')
    assert.equal((await last.next('deliver')).body, 'who is there?')
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { slowStore } from './slow-store.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

suite('a drain', () => {
  test('says goaway with a hint and closes with 4000; cross_comm peers get 1001', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    await using carol = await CrossCommClient.login(server.url, 'carol')
    await using nobody = await RawSocket.open(server.url)
    await server.hub.drain()
    for (const peer of [alice, bob]) {
      const { reconnectAfterMs, ...goaway } = await peer.next('goaway')
      assert.deepEqual(goaway, { op: 'goaway', reason: 'the hub is shutting down' })
      assert.ok(Number(reconnectAfterMs) >= 0 && Number(reconnectAfterMs) <= 5000)
      assert.deepEqual(await peer.closed(), { code: 4000, reason: 'the hub is shutting down' })
    }
    assert.deepEqual(await carol.closed(), { code: 1001, reason: 'the hub is shutting down' })
    assert.equal((await nobody.closed()).code, 4000)
    assert.equal(server.hub.connections, 0)
  })

  test('finishes what is under way first: all that has come is answered', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    alice.send(...Array.from({ length: 50 }, (_, index) => message('bob', index + 1)))
    await once(alice.raw.socket, 'message')
    alice.send(...Array.from({ length: 50 }, (_, index) => message('bob', index + 51)))
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 50, state: 'stored' })
    await server.hub.drain()
    const [last] = [await bob.closed(), await alice.closed()]
    assert.equal(last.code, 4000)
    const sent = alice.frames.untaken.findLast(({ op }) => op === 'sent')
    const delivered = bob.frames.untaken.findLast(({ op }) => op === 'deliver')
    assert.equal(delivered?.id, `m${sent?.n ?? 50}`)
  })

  test('cuts off whoever does not go within the grace time, and so does a close that comes meanwhile', async () => {
    for (const hurry of ['grace', 'close'] as const) {
      await using server = await startTimelessHub()
      await using alice = await RawPeer.login(server.url, 'alice')
      alice.raw.stall()
      const drained = server.hub.drain({ graceMs: 1000 })
      await server.log.line('closed by the hub')
      if (hurry === 'grace') server.clock.advance(1000)
      else await server.hub.close()
      await drained
      assert.equal(server.hub.connections, 0)
      assert.equal(server.clock.pending, 0)
    }
  })

  test('waits for receivers that keep up, and for handlers of the hub', async () => {
    await using server = await startHub()
    const handling = Promise.withResolvers<void>()
    const handled = Promise.withResolvers<void>()
    server.hub.on('text', async () => {
      handled.resolve()
      await handling.promise
    })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('bob', 1)
    await alice.publish('hub', 2)
    const delivered = await bob.next('deliver')
    await handled.promise
    const drained = server.hub.drain({ graceMs: 20_000 })
    assert.deepEqual(await alice.settled(), [])
    bob.ack(delivered)
    await bob.settled()
    assert.deepEqual(await alice.settled(), [])
    handling.resolve()
    assert.equal((await alice.frames.take()).op, 'goaway')
    await drained
  })

  test('delivers what a window has held back, and acknowledgements free', async () => {
    await using server = await startHub({ limits: { windowMessages: 2 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 10; n++) await alice.publish('bob', n)
    const drained = server.hub.drain({ graceMs: 20_000 })
    for (let n = 1; n <= 10; n++) {
      const delivered = await bob.next('deliver')
      assert.equal(delivered.id, `m${n}`)
      bob.ack(delivered)
    }
    assert.equal((await bob.next('goaway')).op, 'goaway')
    await drained
  })

  test('waits for one that does not acknowledge during half of its time, and no longer', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('alice', 1)
    await alice.next('deliver')
    const drained = server.hub.drain({ graceMs: 1000 })
    server.clock.advance(499)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(11)
    assert.equal((await alice.next('goaway')).op, 'goaway')
    await alice.closed()
    await drained
    assert.equal(server.clock.pending, 0)
  })

  test('leaves what is sent to it to the next hub: no answer, nothing stored or refused, no duplicate later', async () => {
    const store = new MemoryInboxStore()
    const first = await startHub({ store })
    await using alice = await RawPeer.login(first.url, 'alice')
    await using bob = await RawPeer.login(first.url, 'bob')
    await alice.publish('bob', 1)
    const delivered = await bob.next('deliver')
    const drained = first.hub.drain({ graceMs: 20_000 })
    alice.send(message('bob', 2), message('nobody', 3), message('bob', 4, { qos: 0, n: undefined }))
    assert.deepEqual(await alice.settled(), [])
    assert.equal((await bob.next('deliver')).seq, undefined)
    bob.ack(delivered)
    await drained
    await using second = await startHub({ store })
    await using again = await RawPeer.login(second.url, 'alice')
    await using back = await RawPeer.login(second.url, 'bob')
    again.send(message('bob', 2), message('nobody', 3))
    assert.deepEqual(await again.next('sent'), { op: 'sent', n: 2, state: 'stored' })
    assert.equal(codeOf(await again.next('sent')), 'unknown_recipient')
    assert.equal((await back.next('deliver')).id, 'm2')
  })

  test('lets many go one after the other, none of them back before all have gone', async () => {
    await using server = await startTimelessHub()
    const peers = await Promise.all(Array.from({ length: 150 }, (_, index) => RawPeer.login(server.url, `c${index}`)))
    const start = server.clock.elapsed()
    const drained = server.hub.drain({ graceMs: 3000 })
    const gone = new Map<number, number>()
    const watched = peers.map(async (peer, index) => {
      const { reconnectAfterMs } = await peer.next('goaway')
      const passedMs = server.clock.elapsed() - start
      gone.set(index, passedMs)
      assert.ok(passedMs + Number(reconnectAfterMs) >= 150, `${passedMs} ms, then ${reconnectAfterMs} ms`)
      assert.ok(Number(reconnectAfterMs) <= 150 + 250 + 750)
      assert.equal((await peer.closed()).code, 4000)
    })
    while (gone.size < peers.length) {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
      server.clock.advance(10)
    }
    await Promise.all([...watched, drained])
    assert.ok(new Set(gone.values()).size >= 10, 'they go in many steps')
  })

  test('is over at once when a close comes while it waits', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('alice', 1)
    const drained = server.hub.drain({ graceMs: 1000 })
    await alice.settled()
    await server.hub.close()
    await drained
    assert.equal((await alice.closed()).code, 1006)
    assert.equal(server.clock.pending, 0)
  })

  test('is refused to newcomers with 503, at a server of the user as well', async () => {
    const hub = new Hub()
    const http = createServer((_, response) => response.end('mine')).listen(0, '127.0.0.1')
    http.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
    await once(http, 'listening')
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
    const alice = await RawPeer.login(url, 'alice')
    await hub.drain()
    assert.equal((await alice.closed()).code, 4000)
    await assert.rejects(RawSocket.open(url), /503/)
    await assert.rejects(hub.listen({ port: 0 }), { code: 'closed' })
    await assert.rejects(hub.send('alice', 'x'), { code: 'closed' })
    await new Promise((resolve) => http.close(resolve))
  })
})

suite('a close', () => {
  test('cuts everyone at once and leaves no timer behind', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    await server.hub.close()
    assert.deepEqual([(await alice.closed()).code, (await carol.closed()).code], [1006, 1006])
    assert.deepEqual([server.hub.connections, server.hub.onlineClients(), server.clock.pending], [0, [], 0])
    await server.hub.close()
  })

  test('is not held up by a store that does not answer, but for three seconds', async () => {
    const slow = slowStore()
    await using server = await startTimelessHub({ store: slow.store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const commit = slow.holdCommit()
    alice.send(message('alice', 1))
    await alice.settled()
    const closed = server.hub.close()
    await alice.closed()
    while (server.hub.connections > 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    server.clock.advance(3000)
    await closed
    commit()
  })

  test('is not held up by a peer that was refused and keeps its side open', async () => {
    await using server = await startHub()
    const { connect } = await import('node:net')
    const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true })
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1.1 403 /)
    await server.hub.close()
    socket.destroy()
  })

  test('during a listen ends it', async () => {
    const hub = new Hub()
    const listening = hub.listen({ port: 0 })
    await hub.close()
    await assert.rejects(listening, { code: 'closed' })
  })
})

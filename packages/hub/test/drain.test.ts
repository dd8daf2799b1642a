import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer } from './raw-peer.ts'
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

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import type { HubSendOptions } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

describe('a message to a client that is away', () => {
  test('is kept where nothing else is said, and where store is', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1), message('bob', 2, { whenOffline: 'store' }))
    assert.equal((await alice.next((frame) => frame.n === 2)).state, 'stored')
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      (await bob.deliveries(2)).map(({ id }) => id),
      ['m1', 'm2'],
    )
  })

  test('is refused with error, and so is its resend after the client has come', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    const [alice, welcome] = await RawPeer.welcomed(server.url, 'alice')
    assert.equal(codeOf(await alice.publish('bob', 1, { whenOffline: 'error' })), 'offline')
    await alice.cut()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using again = await RawPeer.login(server.url, 'alice', { hello: resume(welcome) })
    assert.equal(codeOf(await again.publish('bob', 1, { whenOffline: 'error' })), 'offline')
    assert.equal((await again.publish('bob', 2, { whenOffline: 'error' })).state, 'stored')
    assert.equal((await bob.next('deliver')).id, 'm2')
  })

  test('is forgotten with drop, and its resend is a duplicate, also at the next hub', async () => {
    await using store = new MemoryInboxStore()
    {
      await using server = await startHub({ store })
      await visit(server, 'bob')
      await using alice = await RawPeer.login(server.url, 'alice')
      assert.equal((await alice.publish('bob', 1, { whenOffline: 'drop' })).state, 'dropped')
    }
    await using server = await startHub({ store })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal((await alice.publish('bob', 1, { whenOffline: 'drop' })).state, 'duplicate')
    assert.equal((await alice.publish('bob', 2, { whenOffline: 'drop' })).state, 'stored')
    assert.equal((await bob.next('deliver')).id, 'm2')
  })

  test('is refused when it is live, and forgotten without an answer with drop', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    const live = { qos: 0, n: undefined }
    alice.send(message('bob', 1, live), message('bob', 2, { ...live, whenOffline: 'drop' }))
    alice.send(message('bob', 3, { ...live, whenOffline: 'error' }))
    const answers = (await alice.settled()).map((frame) => [frame.op, codeOf(frame), frame.about])
    assert.deepEqual(answers, [
      ['error', 'offline', { op: 'send', id: 'm1' }],
      ['error', 'offline', { op: 'send', id: 'm3' }],
    ])
  })

  test('is refused whatever it says where nobody knows the client', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [n, whenOffline] of ['store', 'error', 'drop'].entries()) {
      assert.equal(codeOf(await alice.publish('nobody', n + 1, { whenOffline })), 'unknown_recipient')
    }
  })

  test('of cross_comm is judged by its silence', async () => {
    await using server = await startTimelessHub()
    await using bob = await CrossCommClient.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal((await alice.publish('bob', 1, { whenOffline: 'drop' })).state, 'stored')
    await bob.next()
    assert.equal(codeOf(await alice.publish('bob', 2, { whenOffline: 'sometimes' })), 'invalid_field')
  })

  test('is dealt with in the same way where the hub sends it', async () => {
    await using server = await startHub()
    const { hub } = server
    await visit(server, 'bob')
    assert.equal((await hub.send('bob', '1', { whenOffline: 'drop' })).state, 'dropped')
    assert.equal((await hub.send('bob', '2', { whenOffline: 'drop', qos: 0 })).state, 'dropped')
    assert.equal((await hub.send('bob', '3')).state, 'stored')
    await assert.rejects(hub.send('bob', '4', { whenOffline: 'error' }), { code: 'offline' })
    await assert.rejects(hub.send('bob', '5', { qos: 0 }), { code: 'offline' })
    for (const options of [{ priority: 10 }, { priority: 4 }, { whenOffline: 'never' }, { receipts: true, qos: 0 }]) {
      await assert.rejects(hub.send('bob', '6', options as HubSendOptions), { code: 'invalid_option' })
    }
    await assert.rejects(hub.send('all', '7', { receipts: true }), { code: 'invalid_option' })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).body, '3')
    assert.equal((await hub.send('bob', '8', { whenOffline: 'drop', qos: 0 })).state, 'sent')
    assert.equal((await bob.next('deliver')).body, '8')
  })

  test('goes the usual way to a client that is there', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [n, whenOffline] of ['store', 'error', 'drop'].entries()) {
      assert.equal((await alice.publish('bob', n + 1, { whenOffline })).state, 'stored')
      bob.ack(await bob.next('deliver'))
    }
    await bob.cut()
    await noticed(server, 'bob')
    assert.equal(codeOf(await alice.publish('bob', 4, { whenOffline: 'error' })), 'offline')
  })
})

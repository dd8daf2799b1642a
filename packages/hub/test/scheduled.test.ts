import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ManualClock, MemoryInboxStore } from '@posthouse/core'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { noticed, startTimelessHub, visit } from './start-hub.ts'

const hour = 3_600_000

describe('a message for later', () => {
  test('is stored at once and delivered when its time has come', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    const deliverAt = server.clock.now() + 400
    assert.equal((await alice.publish('bob', 1, { deliverAt })).state, 'stored')
    await alice.publish('bob', 2)
    assert.equal((await bob.next('deliver')).id, 'm2')
    server.clock.advance(399)
    assert.deepEqual(await bob.settled(), [])
    server.clock.advance(1)
    const delivery = await bob.next('deliver')
    assert.deepEqual([delivery.id, delivery.ts, delivery.attempt], ['m1', deliverAt, undefined])
  })

  test('is delivered at once where its time has come already', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [n, deliverAt] of [0, -5, server.clock.now(), server.clock.now() - 0.5].entries()) {
      await alice.publish('bob', n + 1, { deliverAt })
      assert.equal((await bob.next('deliver')).id, `m${n + 1}`)
    }
  })

  test('is refused where its time is too far away or none, and the resend, too', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const deliverAt = server.clock.now() + 367 * 24 * hour
    assert.equal(codeOf(await alice.publish('alice', 1, { deliverAt })), 'invalid_field')
    assert.equal(codeOf(await alice.publish('alice', 2, { deliverAt: 'tomorrow' })), 'invalid_field')
    assert.equal((await alice.publish('alice', 3, { deliverAt: deliverAt - 24 * hour })).state, 'stored')
    await using again = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await again.publish('alice', 1, { deliverAt: server.clock.now() + 1 })), 'invalid_field')
  })

  test('is sent once, however often it was sent', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    const deliverAt = server.clock.now() + 100
    for (const state of ['stored', 'duplicate']) {
      await using alice = await RawPeer.login(server.url, 'alice')
      assert.equal((await alice.publish('bob', 1, { deliverAt })).state, state)
    }
    server.clock.advance(100)
    await bob.next('deliver')
    server.clock.advance(20_000)
    assert.deepEqual(await bob.settled(), [])
  })

  test('survives a restart, and comes late where its time came in between', async (t) => {
    const clock = new ManualClock()
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
    t.after(() => rm(folder, { recursive: true }))
    await using store = new MemoryInboxStore({ clock })
    const options = { store, statusFile: join(folder, 'clients.yaml') }
    {
      await using server = await startTimelessHub(options, clock)
      await visit(server, 'bob')
      await using alice = await RawPeer.login(server.url, 'alice')
      await alice.publish('bob', 1, { deliverAt: clock.now() + hour })
      await alice.publish('bob', 2, { deliverAt: clock.now() + 2 * hour + 5000 })
    }
    clock.advance(2 * hour)
    await using server = await startTimelessHub(options, clock)
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).id, 'm1')
    await bob.settled()
    clock.advance(5000)
    assert.equal((await bob.next('deliver')).id, 'm2')
  })

  test('goes to the dead letters where nobody knows its recipient by then, and its sender is told', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('nobody', 1, { deliverAt: server.clock.now() + 100, receipts: true })
    server.clock.advance(100)
    const receipt = await alice.next('receipt')
    assert.deepEqual([receipt.state, receipt.by, receipt.code], ['failed', 'nobody', 'unknown_recipient'])
    const letters = await server.hub.deadLetters.list()
    assert.deepEqual(
      letters.map(({ id, reason, attempt }) => [id, reason, attempt]),
      [['m1', 'unknown_recipient', 1]],
    )
  })

  test('lives as long as it says from when it is due', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await alice.publish('bob', 1, { deliverAt: server.clock.now() + 1000, ttlMs: 500, receipts: true })
    server.clock.advance(1000)
    await server.hub.deadLetters.purge({ seqs: [] })
    const bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).id, 'm1')
    await bob.cut()
    await noticed(server, 'bob')
    server.clock.advance(500)
    assert.equal((await alice.next('receipt')).state, 'expired')
  })

  test('comes although it has waited for longer than an inbox keeps a message', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await alice.publish('bob', 1, { deliverAt: server.clock.now() + 30 * 24 * hour })
    server.clock.jump(30 * 24 * hour)
    server.clock.advance(10_000)
    await server.hub.deadLetters.purge({ seqs: [] })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).id, 'm1')
  })

  test('goes to everyone who is there by then, in every dialect', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('all', 1, { deliverAt: server.clock.now() + 100 })
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    await using carol = await CrossCommClient.login(server.url, 'carol')
    server.clock.advance(100)
    assert.equal((await bob.next('deliver')).id, 'm1')
    assert.equal((await carol.next()).content, 'text 1')
    assert.deepEqual(await alice.settled(), [])
  })

  test('is sent by the hub, too', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await server.hub.send('bob', 'hello', { deliverAt: new Date(server.clock.now() + 100) })
    await assert.rejects(server.hub.send('bob', '', { deliverAt: Number.NaN }), { code: 'invalid_option' })
    server.clock.advance(100)
    assert.equal((await bob.next('deliver')).from, 'hub')
  })
})

describe('when the wall clock is set', () => {
  test('forward, what is due by then comes within ten seconds', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { deliverAt: server.clock.now() + hour })
    server.clock.jump(hour)
    server.clock.advance(10_000)
    assert.equal((await bob.next('deliver')).id, 'm1')
  })

  test('back, a message for later waits for its time of day', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { deliverAt: server.clock.now() + 5000 })
    server.clock.jump(-10_000)
    server.clock.advance(5000)
    assert.deepEqual(await bob.settled(), [])
    server.clock.advance(10_000)
    assert.equal((await bob.next('deliver')).id, 'm1')
  })

  test('back, what was given back does not wait for the old time', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1)
    const { seq } = await bob.next('deliver')
    bob.send({ op: 'nack', seq, delayMs: 5000 })
    await bob.settled()
    await server.hub.deadLetters.purge({ seqs: [] })
    server.clock.jump(-24 * hour)
    server.clock.advance(5000)
    assert.equal((await bob.next('deliver')).attempt, 2)
  })
})

test('many messages that are due at one time come in their order', async () => {
  await using server = await startTimelessHub()
  await using bob = await RawPeer.login(server.url, 'bob')
  await using alice = await RawPeer.login(server.url, 'alice')
  const deliverAt = server.clock.now() + 100
  alice.send(...Array.from({ length: 200 }, (_, index) => message('bob', index + 1, { deliverAt })))
  await alice.next((frame) => frame.op === 'sent' && frame.n === 200)
  server.clock.advance(100)
  const ids = (await bob.deliveries(200)).map(({ id }) => id)
  assert.deepEqual(
    ids,
    Array.from({ length: 200 }, (_, index) => `m${index + 1}`),
  )
})

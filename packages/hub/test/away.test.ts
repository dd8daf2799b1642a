import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

describe('for a cross_comm program that is away', () => {
  test('what it could not read is refused at once', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    const old = await CrossCommClient.login(server.url, 'old')
    await old.raw.cut()
    await noticed(server, 'old')
    const growing = '\u0001'.repeat(200_000)
    assert.equal(codeOf(await alice.publish('old', 1, { body: growing })), 'body_too_large')
    assert.equal(codeOf(await alice.publish('old', 2, { type: 'x-own', body: 1 })), 'unrepresentable')
    assert.equal((await alice.publish('old', 3)).state, 'stored')
    // It may come back as another program.
    await visit(server, 'old')
    assert.equal((await alice.publish('old', 4, { type: 'x-own', body: 1 })).state, 'stored')
  })

  test('the same holds after a restart of the hub', async () => {
    await using store = new MemoryInboxStore()
    {
      await using server = await startHub({ store })
      await using _old = await CrossCommClient.login(server.url, 'old')
      await visit(server, 'bob')
    }
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await alice.publish('old', 1, { type: 'x-own', body: 1 })), 'unrepresentable')
    assert.equal((await alice.publish('bob', 2, { type: 'x-own', body: 1 })).state, 'stored')
  })

  test('what waits comes oldest first, a window at a time, each behind the pong to the one before', async () => {
    const all = 25
    await using server = await startHub({ limits: { windowMessages: 10 } })
    await visit(server, 'old')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(...Array.from({ length: all }, (_, index) => message('old', index + 1)))
    await alice.next(({ op, n }) => op === 'sent' && n === all)
    await using old = await CrossCommClient.login(server.url, 'old', { autoPong: false })
    const seen: unknown[] = []
    while (seen.length < all) {
      const page = await old.settled()
      assert.ok(page.length <= 10, `${page.length} came in one window`)
      seen.push(...page.map((text) => JSON.parse(text).content))
      if (seen.length < all) old.raw.socket.pong(await old.raw.pings.take())
    }
    assert.deepEqual(
      seen,
      Array.from({ length: all }, (_, index) => `text ${index + 1}`),
    )
    assert.notEqual((await server.hub.inbox({ client: 'old' })).messages, 0)
  })
})

describe('a message whose time has run out', () => {
  test('does not come to who was away, in any dialect', async () => {
    await using server = await startTimelessHub()
    await visit(server, 'bob')
    await visit(server, 'old')
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [index, to] of ['bob', 'old'].entries()) {
      await alice.publish(to, index * 2 + 1, { ttlMs: 1000 })
      await alice.publish(to, index * 2 + 2)
    }
    server.clock.advance(1000)
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    assert.equal((await bob.next('deliver')).id, 'm2')
    assert.equal((await old.next()).content, 'text 4')
  })

  test('is not sent again after a reconnect, although it was on its way', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    {
      await using bob = await RawPeer.login(server.url, 'bob')
      alice.send(message('bob', 1, { ttlMs: 1000 }), message('bob', 2))
      await bob.deliveries(2)
    }
    server.clock.advance(1000)
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).id, 'm2')
  })

  test('does not come to who was too slow for it', async () => {
    await using server = await startTimelessHub({ limits: { windowMessages: 1 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    alice.send(message('bob', 1), message('bob', 2, { ttlMs: 1000 }), message('bob', 3))
    const first = await bob.next('deliver')
    server.clock.advance(1000)
    bob.ack(first)
    assert.equal((await bob.next('deliver')).id, 'm3')
  })
})

test('what was accepted and what was refused is remembered by the next hub with the same store', async () => {
  await using store = new MemoryInboxStore({ limits: { messages: 2 } })
  const messages = [message('bob', 1), message('bob', 2), message('bob', 3), message('nobody', 4)]
  const answers: unknown[] = []
  for (let life = 0; life < 2; life++) {
    await using server = await startHub({ store })
    if (life === 0) await visit(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(...messages)
    answers.push([
      (await alice.next((frame) => frame.op === 'sent' && frame.n === 2)).state,
      codeOf(await alice.next((frame) => frame.op === 'sent' && frame.n === 3)),
      codeOf(await alice.next((frame) => frame.op === 'sent' && frame.n === 4)),
    ])
  }
  assert.deepEqual(answers, [
    ['stored', 'inbox_full', 'unknown_recipient'],
    ['duplicate', 'inbox_full', 'unknown_recipient'],
  ])
  await using server = await startHub({ store })
  await using bob = await RawPeer.login(server.url, 'bob')
  assert.deepEqual(
    (await bob.deliveries(2)).map(({ id }) => id),
    ['m1', 'm2'],
  )
  assert.deepEqual(await bob.settled(), [])
})

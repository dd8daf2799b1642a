import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

/** The position of the inbox in a welcome. */
function inboxOf(welcome: Frame): { readonly epoch: string; readonly seq: number } {
  return (welcome.positions as { inbox: { epoch: string; seq: number } }).inbox
}

suite('resuming a session', () => {
  test('delivers again what was not acknowledged, and only that', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    for (let n = 1; n <= 5; n++) await alice.publish('bob', n)
    const [, second] = await bob.deliveries(5)
    bob.send({ op: 'ack', seq: second?.seq })
    await bob.settled()
    await bob.cut()
    await alice.publish('bob', 6)
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    await using _back = back
    assert.deepEqual([again.resumed, again.session, again.gaps], [true, welcome.session, undefined])
    assert.deepEqual(inboxOf(again), { epoch: inboxOf(welcome).epoch, seq: second?.seq })
    assert.notEqual(again.resumeToken, welcome.resumeToken)
    const deliveries = await back.deliveries(4)
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      ['m3', 'm4', 'm5', 'm6'],
    )
  })

  test('takes the positions of the client as acknowledged, as far as they were delivered', async () => {
    await using server = await startHub({ limits: { windowMessages: 3 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    for (let n = 1; n <= 5; n++) await alice.publish('bob', n)
    const [first, second, third] = await bob.deliveries(3)
    await bob.cut()
    const { epoch } = inboxOf(welcome)
    const honest = resume(welcome, { inbox: { epoch, seq: second?.seq } })
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: honest })
    assert.equal(inboxOf(again).seq, second?.seq)
    assert.equal((await back.next('deliver')).id, 'm3')
    await back.deliveries(2)
    await back.cut()
    const boastful = resume(again, { inbox: { epoch, seq: 1_000_000 } })
    const [boaster, welcomed] = await RawPeer.welcomed(server.url, 'bob', { hello: boastful })
    assert.equal(inboxOf(welcomed).seq, Number(third?.seq) + 2)
    assert.equal(Number(first?.seq) + 4, inboxOf(welcomed).seq)
    assert.deepEqual(await boaster.settled(), [])
  })

  test('works with the token before the newest until the newest has been used', async () => {
    await using server = await startHub()
    const [, first] = await RawPeer.welcomed(server.url, 'bob')
    const [, second] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(first) })
    // The second welcome got lost: the client still has the first token.
    const [, third] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(first) })
    assert.deepEqual([second.resumed, third.resumed], [true, true])
    const [, fourth] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(third) })
    assert.equal(fourth.resumed, true)
    const [, late] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(first) })
    assert.equal(late.resumed, false)
    assert.notEqual(late.session, first.session)
  })

  test('is refused without an error for a wrong token, a wrong session, another client or another producer', async () => {
    await using server = await startHub()
    const [, welcome] = await RawPeer.welcomed(server.url, 'bob')
    const [, other] = await RawPeer.welcomed(server.url, 'alice', { hello: resume(welcome) })
    assert.equal(other.resumed, false)
    const [, wrong] = await RawPeer.welcomed(server.url, 'bob', { hello: resume({ ...welcome, resumeToken: 'wrong' }) })
    assert.equal(wrong.resumed, false)
    const producer = { ...resume(wrong), producer: 'another' }
    const [, renumbered] = await RawPeer.welcomed(server.url, 'bob', { hello: producer })
    assert.equal(renumbered.resumed, false)
    const [, gone] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.deepEqual([gone.resumed, gone.gaps], [false, undefined])
  })

  test('names a gap where the store was begun anew', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await alice.publish('bob', 1)
    const positions = { inbox: { epoch: 'before the flood', seq: 42 } }
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome, positions) })
    const { seq } = inboxOf(again)
    assert.deepEqual(again.gaps, [{ stream: 'inbox', from: 0, to: seq, reason: 'epoch' }])
    assert.equal((await back.next('deliver')).id, 'm1')
  })

  test('is possible for two minutes; then a new session begins and the inbox is still there', async () => {
    await using server = await startTimelessHub({ heartbeatIntervalMs: 1_000_000 })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await bob.cut()
    await noticed(server, 'bob')
    await alice.publish('bob', 1)
    server.clock.advance(119_000)
    const [soon, resumed] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.equal(resumed.resumed, true)
    await soon.cut()
    await noticed(server, 'bob')
    server.clock.advance(121_000)
    await server.hub.send('alice', 'the end of the session is in the store')
    await alice.publish('all', 2)
    const [late, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(resumed) })
    await using _late = late
    assert.equal(again.resumed, false)
    assert.deepEqual(
      (await late.settled()).map(({ id }) => id),
      ['m1'],
    )
  })

  test('is over after bye, which the hub answers with 1000; the inbox is still there', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    bob.send({ op: 'bye' }, { op: 'ping' })
    assert.deepEqual(await bob.closed(), { code: 1000, reason: 'bye' })
    assert.deepEqual(bob.frames.untaken, [])
    await alice.publish('bob', 1)
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.equal(again.resumed, false)
    assert.equal((await back.next('deliver')).id, 'm1')
  })
})

suite('a client that is away', () => {
  test('gets what was sent to it when it comes back, in order, from any sender', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    for (let n = 1; n <= 150; n++) alice.send(message(n))
    await alice.next(({ n }) => n === 150)
    await server.hub.send('bob', 'from the hub')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    const deliveries = await bob.deliveries(151)
    assert.deepEqual(
      deliveries.map(({ body }) => body),
      [...Array.from({ length: 150 }, (_, index) => index + 1), 'from the hub'],
    )
    const seqs = deliveries.map(({ seq }) => Number(seq))
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    )
  })

  test('does not get what has expired', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await alice.publish('bob', 1, { ttlMs: 500 })
    await alice.publish('bob', 2, { ttlMs: 5000 })
    server.clock.advance(501)
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      (await bob.settled()).map(({ id }) => id),
      ['m2'],
    )
  })

  test('has an inbox that can be full, which the sender is told, of messages or of bytes', async () => {
    const store = new MemoryInboxStore({ limits: { messages: 3, bytes: 2000 } })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await visit(server, 'carol')
    for (let n = 1; n <= 3; n++) assert.equal((await alice.publish('bob', n)).state, 'stored')
    const { error } = await alice.publish('bob', 4)
    assert.deepEqual([(error as Frame).code, (error as Frame).retry], ['inbox_full', true])
    assert.equal((await alice.publish('carol', 5, { body: 'x'.repeat(1500) })).state, 'stored')
    assert.equal(((await alice.publish('carol', 6, { body: 'x'.repeat(1500) })).error as Frame).code, 'inbox_full')
    assert.equal((await alice.publish('all', 7)).state, 'stored')
  })

  test('is refused a live message, as is one that nobody knows', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    for (const [to, code] of [
      ['bob', 'offline'],
      ['nobody', 'unknown_recipient'],
    ]) {
      alice.send({ op: 'send', id: 'live', to, type: 'text', body: 'x', qos: 0 })
      const error = await alice.next('error')
      assert.deepEqual([error.code, error.about], [code, { op: 'send', id: 'live' }])
    }
  })
})

function message(n: number): Frame {
  return { op: 'send', id: `m${n}`, to: 'bob', type: 'x-number', body: n, n }
}

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { asked, callee, request } from './calling-peers.ts'
import { codeOf, type Frame, message, RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

suite('a call ends', () => {
  test('when its caller gives it up: the callee is told, and its answer goes nowhere', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    alice.send({ op: 'cancel', id: 'r1' }, { op: 'cancel', id: 'r1' }, { op: 'credit', id: 'r1', parts: 1 })
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id })
    bob.send({ op: 'response', id, body: 1 })
    assert.deepEqual(await bob.settled(), [])
    assert.deepEqual(await alice.settled(), [])
  })

  test('when its time is over: both are told', async () => {
    await using server = await startTimelessHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const short = await asked(alice, bob, { id: 'short', timeoutMs: 1000 })
    const long = await asked(alice, bob, { id: 'long', timeoutMs: 5000 })
    server.clock.advance(999)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(51)
    const answer = await alice.next('response')
    assert.deepEqual([answer.id, codeOf(answer)], ['short', 'timeout'])
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id: short.id })
    server.clock.advance(4000)
    assert.equal((await alice.next('response')).id, 'long')
    assert.equal((await bob.next('cancel')).id, long.id)
  })

  test('when the connection of its caller is lost, also where the session goes on', async () => {
    await using server = await startHub()
    const alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    await alice.cut()
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id })
    await using again = await callee(server, 'alice')
    bob.send({ op: 'response', id, body: 1 })
    await bob.settled()
    assert.deepEqual(await again.settled(), [])
  })

  test('when the connection of its callee is lost or replaced', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    const bob = await callee(server, 'bob')
    await asked(alice, bob)
    await using next = await callee(server, 'bob')
    const lost = await alice.next('response')
    assert.deepEqual([lost.id, codeOf(lost), (lost.error as Frame).retry], ['r1', 'call_lost', true])
    await asked(alice, next)
    await next.cut()
    assert.equal(codeOf(await alice.next('response')), 'call_lost')
    await bob.cut()
  })

  test('once: a client cannot answer, give up or pay for what is not its own', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    await using mallory = await callee(server, 'mallory')
    const { id } = await asked(alice, bob)
    for (const peer of [mallory, alice]) {
      peer.send({ op: 'response', id, body: 'forged' }, { op: 'cancel', id }, { op: 'credit', id, parts: 9 })
    }
    mallory.send(
      { op: 'response', id: 'r1', body: 'forged' },
      { op: 'cancel', id: 'r1' },
      { op: 'credit', id: 'r1', parts: 9 },
    )
    bob.send({ op: 'cancel', id }, { op: 'credit', id, parts: 9 }, { op: 'response', id: 'r1', body: 'wrong id' })
    for (const peer of [mallory, alice, bob]) assert.deepEqual(await peer.settled(), [])
    bob.send({ op: 'response', id, body: 'true' }, { op: 'response', id, body: 'again' })
    assert.equal((await alice.next('response')).body, 'true')
    await bob.settled()
    assert.deepEqual(await alice.settled(), [])
  })

  test('before the hub does: a drain waits for calls under way and takes no more', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    const drained = server.hub.drain()
    await alice.settled()
    alice.send(request('bob', { id: 'r2' }))
    assert.equal(codeOf(await alice.next('response')), 'draining')
    bob.send({ op: 'response', id, body: 1 })
    assert.equal((await alice.next('response')).body, 1)
    await drained
  })

  test('when its callee says bye', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    await asked(alice, bob)
    bob.send({ op: 'bye' })
    assert.equal(codeOf(await alice.next('response')), 'call_lost')
    alice.send(request('bob'))
    assert.equal(codeOf(await alice.next('response')), 'offline')
  })

  test('not before it began: what comes with hello waits for welcome', async () => {
    await using server = await startHub()
    server.hub.handle('add', () => 3)
    const behind = [
      request('hub'),
      { op: 'response', id: '1' },
      { op: 'cancel', id: '1' },
      { op: 'credit', id: '1', parts: 1 },
    ]
    await using alice = await RawPeer.hello(server.url, 'alice', { behind })
    const frames = [await alice.frames.take(() => true), await alice.frames.take(() => true)]
    assert.deepEqual(
      frames.map(({ op }) => op),
      ['welcome', 'response'],
    )
    assert.equal(frames[1]?.body, 3)
  })

  test('without disturbing messages', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    assert.equal((await alice.publish('bob', 1)).state, 'stored')
    alice.send(message('bob', 2), { op: 'cancel', id: 'r1' })
    assert.equal((await bob.next('cancel')).id, id)
    assert.equal((await bob.deliveries(2)).length, 2)
  })
})

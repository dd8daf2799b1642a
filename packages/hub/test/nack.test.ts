import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { backoffMs } from '../src/delivery/backoff.ts'
import { codeOf, type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

function nack(peer: RawPeer, { seq }: Frame, fields: Frame = {}): void {
  peer.send({ op: 'nack', seq, ...fields })
}

/** Resolves when the hub has committed what the peer said before, and its shelf is armed. */
async function committed(server: RunningHub, peer: RawPeer): Promise<void> {
  await peer.settled()
  // Ends behind the commit that is under way; what is read from a log before is in the next one.
  for (let commit = 0; commit < 2; commit++) await server.hub.deadLetters.purge({ seqs: [] })
}

describe('a message that its recipient gives back', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`comes again with a new seq and the next attempt, in ${dialect}`, async () => {
      await using server = await startTimelessHub()
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      await using alice = await RawPeer.login(server.url, 'alice')
      await alice.publish('bob', 1, { headers: { a: 'b' } })
      const first = await bob.next('deliver')
      assert.equal(first.attempt, undefined)
      nack(bob, first, { delayMs: 400 })
      await alice.publish('bob', 2)
      const other = await bob.next('deliver')
      bob.ack(other)
      await committed(server, bob)
      server.clock.advance(400)
      const second = await bob.next('deliver')
      assert.deepEqual([second.id, second.attempt, second.headers], ['m1', 2, { a: 'b' }])
      assert.ok(Number(second.seq) > Number(other.seq))
    })
  }

  test('waits longer after each attempt where no delay is named', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1)
    for (const [attempt, ms] of [1000, 2000, 4000, 8000].entries()) {
      const delivery = await bob.next('deliver')
      assert.equal(delivery.attempt, attempt === 0 ? undefined : attempt + 1)
      nack(bob, delivery)
      await committed(server, bob)
      server.clock.advance(ms / 2 - 11)
      assert.deepEqual(await bob.settled(), [])
      server.clock.advance(ms / 2 + 11)
    }
    assert.equal((await bob.next('deliver')).attempt, 5)
    assert.deepEqual(
      [9, 10, 15].map((attempt) => backoffMs(attempt, 0)),
      [256_000, 300_000, 300_000],
    )
  })

  test('goes to the dead letters after the 16th attempt, and comes anew when it is redriven', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { receipts: true })
    for (let attempt = 1; attempt <= 16; attempt++) {
      const delivery = await bob.next('deliver')
      assert.equal(delivery.attempt ?? 1, attempt)
      nack(bob, delivery, { delayMs: 100 })
      await committed(server, bob)
      server.clock.advance(100)
    }
    const receipt = await alice.next('receipt')
    assert.deepEqual(
      [receipt.id, receipt.state, receipt.by, receipt.code],
      ['m1', 'failed', 'bob', 'attempts_exhausted'],
    )
    const [letter] = await server.hub.deadLetters.list()
    assert.ok(letter)
    assert.deepEqual([letter.id, letter.attempt, letter.reason, letter.client], ['m1', 16, 'attempts_exhausted', 'bob'])
    assert.deepEqual((await server.hub.statistics()).failures, { attempts_exhausted: 1 })
    assert.equal(await server.hub.deadLetters.redrive([letter.seq, letter.seq]), 1)
    const again = await bob.next('deliver')
    assert.deepEqual([again.id, again.attempt], ['m1', undefined])
    assert.deepEqual(await server.hub.deadLetters.list(), [])
  })

  test('is behind no acknowledgement that comes at once after it', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1), message('bob', 2), message('bob', 3))
    const [first, second, third] = await bob.deliveries(3)
    bob.send({ op: 'nack', seq: first?.seq, delayMs: 50 }, { op: 'nack', seq: second?.seq, delayMs: 60 })
    bob.send({ op: 'ack', seq: third?.seq })
    await committed(server, bob)
    server.clock.advance(60)
    assert.deepEqual(
      (await bob.deliveries(2)).map(({ id, attempt }) => [id, attempt]),
      [
        ['m1', 2],
        ['m2', 2],
      ],
    )
  })

  test('comes after a reconnect, also to another connection', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    {
      await using bob = await RawPeer.login(server.url, 'bob')
      await alice.publish('bob', 1)
      nack(bob, await bob.next('deliver'), { delayMs: 100 })
      await committed(server, bob)
    }
    server.clock.advance(100)
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await bob.next('deliver')).attempt, 2)
    // A message that was not acknowledged before keeps its attempt.
    await using again = await RawPeer.login(server.url, 'bob')
    const delivery = await again.next('deliver')
    assert.equal(delivery.attempt, 2)
    nack(again, delivery, { delayMs: 0 })
    await committed(server, again)
    server.clock.advance(100)
    assert.equal((await again.next('deliver')).attempt, 3)
  })

  test('opens the window', async () => {
    await using server = await startHub({ limits: { windowMessages: 1 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1), message('bob', 2))
    nack(bob, await bob.next('deliver'), { delayMs: 86_400_000 })
    assert.equal((await bob.next('deliver')).id, 'm2')
  })

  test('does not come under its old position while the store fails to put it away', async () => {
    const clock = new ManualClock()
    await using inner = new MemoryInboxStore({ clock })
    let failing = false
    const store = changedStore(inner, {
      commit: (batch) => (failing ? Promise.reject(new Error('the disk is full')) : inner.commit(batch)),
    })
    await using server = await startTimelessHub({ store }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('alice', 1)
    alice.ack(await alice.next('deliver'))
    const bob = await RawPeer.login(server.url, 'bob')
    alice.send(message('bob', 2, { receipts: true }), message('bob', 3))
    await alice.next((frame) => frame.op === 'sent' && frame.n === 3)
    const [first] = await bob.deliveries(2)
    failing = true
    nack(bob, first ?? {}, { delayMs: 100 })
    await server.log.line('the store failed')
    await using again = await RawPeer.login(server.url, 'bob')
    failing = false
    assert.equal((await again.next('deliver')).id, 'm3')
    await alice.publish('alice', 4)
    server.clock.advance(100)
    const back = await again.next('deliver')
    assert.deepEqual([back.id, back.attempt], ['m2', 2])
    again.ack(back)
    assert.equal((await alice.next('receipt')).state, 'delivered')
  })

  test('whose time runs out meanwhile comes no more', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { ttlMs: 500, receipts: true })
    nack(bob, await bob.next('deliver'), { delayMs: 1000 })
    await committed(server, bob)
    server.clock.advance(1000)
    assert.equal((await alice.next('receipt')).state, 'expired')
    assert.deepEqual(await bob.settled(), [])
  })
})

describe('a message to everyone that one recipient gives back', () => {
  test('comes again to it alone, in its inbox, and stays for the others', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await RawPeer.login(server.url, 'carol')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('all', 1), message('all', 2))
    const [first, second] = await bob.deliveries(2)
    assert.equal(first?.stream, 'all')
    bob.send({ op: 'nack', stream: 'all', seq: first?.seq, delayMs: 100 })
    bob.send({ op: 'ack', stream: 'all', seq: second?.seq })
    nack(bob, first ?? {}, { stream: 'all' })
    assert.equal(codeOf(await bob.next('error')), 'unexpected_frame')
    await committed(server, bob)
    server.clock.advance(100)
    const again = await bob.next('deliver')
    assert.deepEqual([again.id, again.to, again.stream, again.attempt], ['m1', 'all', undefined, 2])
    nack(bob, again, { delayMs: 100 })
    await committed(server, bob)
    server.clock.advance(100)
    assert.equal((await bob.next('deliver')).attempt, 3)
    assert.deepEqual(
      (await carol.deliveries(2)).map(({ id, attempt }) => [id, attempt]),
      [
        ['m1', undefined],
        ['m2', undefined],
      ],
    )
    assert.deepEqual(await carol.settled(), [])
  })

  test('is not passed over where the store fails to keep it', async () => {
    await using inner = new MemoryInboxStore()
    let failing = false
    const store = changedStore(inner, {
      commit: (batch) => (failing ? Promise.reject(new Error('the disk is full')) : inner.commit(batch)),
    })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    alice.send(message('all', 1), message('all', 2))
    const [first, second] = await bob.deliveries(2)
    await alice.next((frame) => frame.op === 'sent' && frame.n === 2)
    failing = true
    bob.send({ op: 'nack', stream: 'all', seq: first?.seq }, { op: 'ack', stream: 'all', seq: second?.seq })
    assert.equal((await bob.closed()).code, 4100)
    failing = false
    await using again = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    assert.deepEqual(
      (await again.deliveries(2)).map(({ id }) => id),
      ['m1', 'm2'],
    )
  })
})

describe('a nack is refused', () => {
  test('of what was not delivered, was acknowledged, or was given back already', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1), message('bob', 2))
    const [first, second] = await bob.deliveries(2)
    nack(bob, { seq: Number(second?.seq) + 1 })
    nack(bob, { seq: 0 })
    nack(bob, second ?? {}, { delayMs: 86_400_000 })
    nack(bob, second ?? {})
    bob.ack(first ?? {})
    nack(bob, first ?? {})
    const errors = await bob.settled()
    assert.deepEqual(
      errors.map(codeOf),
      Array.from({ length: 4 }, () => 'unexpected_frame'),
    )
    assert.deepEqual(errors[0]?.about, { op: 'nack' })
  })

  test('of a stream that nobody follows', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1)
    const delivery = await bob.next('deliver')
    nack(bob, delivery, { stream: 'channel:news' })
    assert.equal(codeOf(await bob.next('error')), 'unsupported')
    nack(bob, delivery, { stream: 'inbox', delayMs: 1 })
    assert.equal((await bob.next('deliver')).attempt, 2)
  })

  test('with a delay of more than a day', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    nack(bob, { seq: 1 }, { delayMs: 86_400_001 })
    assert.equal(codeOf(await bob.next('error')), 'invalid_field')
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Durability, ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { codeOf, type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { noticed, type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

suite('sent', () => {
  test('is cumulative: one answer for all that a tick has brought', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    alice.send(...Array.from({ length: 100 }, (_, index) => message('bob', index * 3 + 1)))
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 298, state: 'stored' })
    await bob.deliveries(100)
    assert.deepEqual(await alice.settled(), [])
  })

  test('tells refusals one by one, in the order of n, between what was stored', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    const types = ['text', 'text', 'nonsense', 'text', 'json']
    const recipients = ['bob', 'nobody', 'bob', 'group:x', 'bob']
    const bodies = ['1', '2', '3', '4', 5]
    const frame = (_: unknown, at: number): Frame =>
      message(recipients[at] ?? '', at + 1, { type: types[at], body: bodies[at] })
    alice.send(...Array.from({ length: 5 }, frame), message('bob', 9))
    const answers: unknown[] = []
    while (answers.length < 6) {
      const sent = await alice.next('sent')
      answers.push([sent.n, sent.state ?? codeOf(sent)])
    }
    assert.deepEqual(answers, [
      [1, 'stored'],
      [2, 'unknown_recipient'],
      [3, 'invalid_field'],
      [4, 'unknown_recipient'],
      [5, 'invalid_body'],
      [9, 'stored'],
    ])
  })

  test('says duplicate for a resend after a reconnect, with or without a resumed session, and delivers once', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    const [first, welcome] = await RawPeer.welcomed(server.url, 'alice')
    await first.publish('bob', 7)
    await first.cut()
    const [second, again] = await RawPeer.welcomed(server.url, 'alice', { hello: resume(welcome) })
    assert.deepEqual([again.resumed, again.accepted], [true, 7])
    second.send(message('bob', 7), message('bob', 8))
    assert.deepEqual(await second.next('sent'), { op: 'sent', n: 7, state: 'duplicate' })
    assert.deepEqual(await second.next('sent'), { op: 'sent', n: 8, state: 'stored' })
    await second.cut()
    await using third = await RawPeer.login(server.url, 'alice')
    assert.deepEqual(await third.publish('bob', 8), { op: 'sent', n: 8, state: 'duplicate' })
    await using other = await RawPeer.login(server.url, 'alice', { hello: { producer: 'p2' } })
    assert.deepEqual(await other.publish('bob', 8, { id: 'other' }), { op: 'sent', n: 8, state: 'stored' })
    assert.deepEqual(
      (await bob.settled()).map(({ id }) => id),
      ['m7', 'm8', 'other'],
    )
  })

  test('repeats a refusal for its resend, although the recipient has come meanwhile', async () => {
    await using server = await startHub()
    const first = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await first.publish('bob', 1)), 'unknown_recipient')
    assert.equal(codeOf(await first.publish('bob', 2, { type: 'nonsense' })), 'invalid_field')
    await using bob = await RawPeer.login(server.url, 'bob')
    await first.publish('bob', 3)
    await first.cut()
    await using second = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await second.publish('bob', 1)), 'unknown_recipient')
    assert.equal(codeOf(await second.publish('bob', 2)), 'invalid_field')
    assert.deepEqual(await second.publish('bob', 3), { op: 'sent', n: 3, state: 'duplicate' })
    assert.deepEqual(
      (await bob.settled()).map(({ id }) => id),
      ['m3'],
    )
  })

  test('never comes for an n that does not grow, or without n: that is an error', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('alice', 5)
    for (const n of [5, 4]) {
      alice.send(message('alice', n))
      assert.equal((await alice.next('error')).code, 'unexpected_frame')
    }
    for (const n of [undefined, 0, -1, 1.5, '6', 2 ** 53]) {
      alice.send(message('alice', 6, { n }))
      assert.equal((await alice.next('error')).code, 'invalid_field', String(n))
    }
    alice.send(message('alice', 6, { qos: 0 }))
    assert.equal((await alice.next('error')).code, 'invalid_field')
    assert.equal((await alice.publish('alice', 6)).state, 'stored')
  })

  test('goes out before an older connection is asked again: not to a connection that waits for its welcome', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store })
    await using _bob = await RawPeer.login(server.url, 'bob')
    const [first, welcome] = await RawPeer.welcomed(server.url, 'alice')
    const commit = slow.holdCommit()
    first.send(message('bob', 1))
    await first.settled()
    const inspect = slow.holdInspect()
    await using second = await RawPeer.hello(server.url, 'alice', {
      hello: resume(welcome),
      behind: [message('bob', 1)],
    })
    assert.equal((await first.closed()).code, 4409)
    commit()
    await server.hub.send('bob', 'behind it')
    inspect()
    assert.equal((await second.frames.take()).op, 'welcome')
    assert.deepEqual(await second.frames.take(), { op: 'sent', n: 1, state: 'duplicate' })
  })

  test('is not given where the store has failed: the connection ends, and a resend is stored when it works again', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const mend = slow.breakCommit()
    alice.send(message('alice', 1), message('alice', 2))
    assert.deepEqual(await alice.closed(), { code: 4100, reason: 'the message could not be stored' })
    mend()
    await using again = await RawPeer.login(server.url, 'alice')
    assert.equal((await again.publish('alice', 1)).state, 'stored')
    assert.equal((await again.publish('alice', 2)).state, 'stored')
    assert.equal((await again.next('deliver')).id, 'm1')
  })

  test('is not awaited by more than limits.inFlight messages: one more closes with 4412', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store, limits: { inFlight: 10 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    const commit = slow.holdCommit()
    alice.send(...Array.from({ length: 10 }, (_, index) => message('alice', index + 1)))
    assert.deepEqual(await alice.settled(), [])
    alice.send(message('alice', 11))
    assert.deepEqual(await alice.closed(), { code: 4412, reason: 'more than 10 messages without sent' })
    commit()
  })
})

suite('sent is withheld while the inbox of a connected recipient is over half full', () => {
  /** A hub whose inboxes hold ten messages. */
  function startSmall(durability: Durability = 'memory') {
    const clock = new ManualClock()
    const memory = new MemoryInboxStore({ clock, limits: { messages: 10 } })
    const store = changedStore(memory, { durability })
    return startTimelessHub({ store }, clock)
  }

  /** Puts six messages into the inbox of bob, who is connected; the last one is not confirmed. */
  async function crowd(server: RunningHub): Promise<{ readonly alice: RawPeer; readonly bob: RawPeer }> {
    const bob = await RawPeer.login(server.url, 'bob')
    const alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 5; n++) await alice.publish('bob', n)
    alice.send(message('bob', 6))
    await bob.next(({ id }) => id === 'm6')
    assert.deepEqual(await alice.settled(), [])
    return { alice, bob }
  }

  test('until it is less than a quarter full', async () => {
    await using server = await startSmall()
    const { alice, bob } = await crowd(server)
    bob.send({ op: 'ack', seq: 3 })
    await bob.settled()
    assert.deepEqual(await alice.settled(), [])
    bob.send({ op: 'ack', seq: 4 })
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 6, state: 'stored' })
    assert.equal(server.clock.pending, 3)
  })

  test('until the recipient disconnects', async () => {
    await using server = await startSmall()
    const { alice, bob } = await crowd(server)
    await bob.cut()
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 6, state: 'stored' })
  })

  test('for ten seconds at most', async () => {
    await using server = await startSmall()
    const { alice } = await crowd(server)
    server.clock.advance(9999)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(1)
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 6, state: 'stored' })
  })

  test('and told before a drain closes the connection, where what is stored outlives the hub', async () => {
    await using server = await startSmall('process')
    const { alice } = await crowd(server)
    const drained = server.hub.drain({ graceMs: 3000 })
    // Half of it is for bob, who does not acknowledge.
    server.clock.advance(1500)
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 6, state: 'stored' })
    await drained
  })

  test('but not told by a drain that takes the store with it: the sender sends it again to the next hub', async () => {
    await using server = await startSmall()
    const { alice } = await crowd(server)
    const drained = server.hub.drain({ graceMs: 3000 })
    // Half of it is for bob, who does not acknowledge.
    server.clock.advance(1500)
    assert.equal((await alice.frames.take()).op, 'goaway')
    assert.equal((await alice.closed()).code, 4000)
    await drained
  })

  test('but not where the recipient is away: a full inbox is a refusal then', async () => {
    await using server = await startSmall()
    const { alice, bob } = await crowd(server)
    await bob.cut()
    await noticed(server, 'bob')
    for (let n = 7; n <= 10; n++) assert.equal((await alice.publish('bob', n)).state, 'stored')
    assert.equal(codeOf(await alice.publish('bob', 11)), 'inbox_full')
    const back = await RawPeer.login(server.url, 'bob')
    const ids = (await back.deliveries(10)).map(({ id }) => id)
    assert.deepEqual(
      ids,
      Array.from({ length: 10 }, (_, index) => `m${index + 1}`),
    )
  })
})

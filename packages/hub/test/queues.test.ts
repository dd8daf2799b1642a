import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, MemoryInboxStore, queueInbox } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { codeOf, type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, type RunningHub, startHub, startTimelessHub } from './start-hub.ts'
import { ask, done, ids, worker } from './working-peers.ts'

/** Resolves when the hub has committed what the peers said before. */
async function committed(server: RunningHub, peer: RawPeer): Promise<void> {
  await peer.settled()
  await server.hub.deadLetters.purge({ seqs: [] })
}

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`a queue, in ${dialect}`, () => {
    test('gives each message to one worker, as many at a time as it wants, in order', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      bob.send({ op: 'subscribe', id: 'q', to: 'queue:jobs', prefetch: 2 })
      assert.deepEqual(await bob.next('subscribe'), { op: 'subscribe', id: 'q', to: 'queue:jobs' })
      for (let n = 1; n <= 4; n++) assert.equal((await alice.publish('queue:jobs', n)).state, 'stored')
      const [first, second] = await bob.deliveries(2)
      assert.ok(first && second)
      const { stream, to, from, body, attempt } = first
      assert.deepEqual([stream, to, from, body, attempt], ['queue:jobs', 'queue:jobs', 'alice', 'text 1', undefined])
      assert.deepEqual(await bob.settled(), [])
      done(bob, second)
      const third = await bob.next('deliver')
      done(bob, third, first)
      assert.deepEqual([second.id, third.id, ...(await ids(bob, 1))], ['m2', 'm3', 'm4'])
    })
  })
}

suite('the messages of a queue', () => {
  test('are kept while there is no worker, and read page by page', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 150; n++) alice.send(message('queue:jobs', n))
    await alice.next(({ op, n }) => op === 'sent' && n === 150)
    await using bob = await worker(server, 'bob', 100)
    const seen: unknown[] = []
    for (let count = 0; count < 150; count++) {
      const frame = await bob.next('deliver')
      seen.push(frame.id)
      done(bob, frame)
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 150 }, (_, index) => `m${index + 1}`),
    )
    await committed(server, bob)
    assert.deepEqual((await server.hub.queues.list()).queues, [
      { queue: 'jobs', messages: 0, bytes: 0, priorities: {}, leased: 0, workers: 1 },
    ])
  })

  test('come by priority, the highest first, whether they waited or not', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const wanted = [4, 0, 9, undefined, 7]
    for (const [index, priority] of wanted.entries()) await alice.publish('queue:jobs', index + 1, { priority })
    await using bob = await worker(server, 'bob')
    const first = await bob.next('deliver')
    await alice.publish('queue:jobs', 6, { priority: 8 })
    done(bob, first)
    const seen = [first.id]
    for (let count = 0; count < 5; count++) {
      const frame = await bob.next('deliver')
      seen.push(frame.id)
      done(bob, frame)
    }
    assert.deepEqual(seen, ['m3', 'm6', 'm5', 'm1', 'm4', 'm2'])
  })

  test('go to whoever has least to do, and to the others in turn', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const workers = await Promise.all(['w1', 'w2', 'w3'].map((id) => worker(server, id, 2)))
    for (let n = 1; n <= 6; n++) await alice.publish('queue:jobs', n)
    const given = await Promise.all(workers.map((peer) => peer.deliveries(2)))
    const numbers = given.map((frames) => frames.map(({ id }) => Number(String(id).slice(1))))
    assert.deepEqual(
      numbers.map(([first = 0, second]) => second === first + 3),
      [true, true, true],
    )
    await alice.publish('queue:jobs', 7)
    const [, second] = workers
    assert.ok(second && given[1])
    done(second, ...given[1])
    assert.deepEqual(await ids(second, 1), ['m7'])
    for (const peer of workers) await peer.cut()
  })

  test('are refused with inbox_full where the queue is full, each priority by itself', async () => {
    const store = new MemoryInboxStore({ limits: { messages: 2 } })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 2; n++) await alice.publish('queue:jobs', n)
    assert.equal(codeOf(await alice.publish('queue:jobs', 3)), 'inbox_full')
    assert.equal((await alice.publish('queue:jobs', 4, { priority: 9 })).state, 'stored')
  })

  test('whose time is over are not given to anybody', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob')
    await alice.publish('queue:jobs', 1)
    await alice.publish('queue:jobs', 2, { ttlMs: 1000 })
    await alice.publish('queue:jobs', 3)
    const first = await bob.next('deliver')
    server.clock.advance(1000)
    done(bob, first)
    assert.deepEqual(await ids(bob, 1), ['m3'])
  })

  test('may come for later, and from the hub itself', async () => {
    await using server = await startTimelessHub()
    await using bob = await worker(server, 'bob', 3)
    await server.hub.send('queue:jobs', 'later', { deliverAt: server.clock.now() + 5000, id: 'later' })
    await server.hub.send('queue:jobs', 'now', { id: 'now', priority: 0 })
    assert.deepEqual(await ids(bob, 1), ['now'])
    await committed(server, bob)
    server.clock.advance(5000)
    assert.deepEqual(await ids(bob, 1), ['later'])
  })

  test('are stored: one of qos 0 is refused', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'send', id: 'live', to: 'queue:jobs', type: 'text', body: 'now', qos: 0 })
    const { code, about } = await alice.next('error')
    assert.deepEqual([code, about], ['invalid_field', { op: 'send', id: 'live' }])
  })

  test('that cannot be said to a worker go to the dead letters', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob', 1, { dialect: 'msgpack' })
    await alice.publish('queue:jobs', 1, { type: 'bytes', body: 'no base64!' })
    await alice.publish('queue:jobs', 2)
    assert.deepEqual(await ids(bob, 1), ['m2'])
    await committed(server, bob)
    const [dead, ...more] = await server.hub.deadLetters.list()
    assert.deepEqual(
      [dead?.id, dead?.to, dead?.reason, dead?.client, more],
      ['m1', 'queue:jobs', 'invalid_body', undefined, []],
    )
  })

  test('are read again where the store could not be read', async () => {
    const clock = new ManualClock()
    const memory = new MemoryInboxStore({ clock })
    let broken = true
    const read: MemoryInboxStore['read'] = (...wanted) => {
      if (broken && wanted[0].startsWith('\nqueue')) return Promise.reject(new Error('the disk is gone'))
      return memory.read(...wanted)
    }
    await using server = await startTimelessHub({ store: changedStore(memory, { read }) }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('queue:jobs', 1)
    await using bob = await worker(server, 'bob')
    await server.log.line('a queue could not be read')
    broken = false
    await bob.settled()
    server.clock.advance(1000)
    assert.deepEqual(await ids(bob, 1), ['m1'])
  })
})

suite('sent is withheld', () => {
  test('while a queue with workers is over half full, and given when it has drained', async () => {
    const store = new MemoryInboxStore({ limits: { messages: 10 } })
    await using server = await startHub({ store })
    await using bob = await worker(server, 'bob', 10)
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 5; n++) await alice.publish('queue:jobs', n)
    alice.send(message('queue:jobs', 6))
    const frames = await bob.deliveries(6)
    assert.deepEqual(await alice.settled(), [])
    done(bob, ...frames)
    assert.equal((await alice.next('sent')).n, 6)
  })

  test('not where a queue has no workers, and not any more once it has none', async () => {
    const store = new MemoryInboxStore({ limits: { messages: 10 } })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 7; n++) await alice.publish('queue:jobs', n)
    await using bob = await worker(server, 'bob')
    await bob.next('deliver')
    alice.send(message('queue:jobs', 8))
    assert.deepEqual(await alice.settled(), [])
    await ask(bob, 'unsubscribe')
    assert.equal((await alice.next('sent')).n, 8)
    await ask(bob, 'subscribe')
    alice.send(message('queue:jobs', 9))
    assert.deepEqual(await alice.settled(), [])
    await bob.cut()
    assert.equal((await alice.next('sent')).n, 9)
  })
})

suite('a worker that gives a message back', () => {
  test('lets it wait, and then whoever is next gets it with the next attempt', async () => {
    await using server = await startTimelessHub()
    await using bob = await worker(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('queue:jobs', 1, { priority: 7 })
    const { seq, stream } = await bob.next('deliver')
    bob.send({ op: 'nack', stream, seq, delayMs: 400 })
    await committed(server, bob)
    assert.deepEqual(await bob.settled(), [])
    server.clock.advance(400)
    const again = await bob.next('deliver')
    assert.deepEqual([again.id, again.attempt, again.stream], ['m1', 2, 'queue:jobs'])
    assert.ok(Number(again.seq) > Number(seq))
    const { queues } = await server.hub.queues.list()
    assert.deepEqual([queues[0]?.priorities, queues[0]?.leased], [{ 7: 1 }, 1])
  })

  test('sends it to the dead letters at the 16th attempt; redriven it comes as if it was new', async () => {
    await using server = await startTimelessHub()
    await using bob = await worker(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('queue:jobs', 1)
    for (let attempt = 1; attempt <= 16; attempt++) {
      const frame = await bob.next('deliver')
      assert.equal(frame.attempt ?? 1, attempt)
      bob.send({ op: 'nack', stream: 'queue:jobs', seq: frame.seq, delayMs: 0 })
      await committed(server, bob)
      server.clock.advance(20)
    }
    const [dead] = await server.hub.deadLetters.list()
    assert.deepEqual([dead?.reason, dead?.attempt], ['attempts_exhausted', 16])
    assert.equal(await server.hub.deadLetters.redrive([dead?.seq ?? 0]), 1)
    const frame = await bob.next('deliver')
    assert.deepEqual([frame.id, frame.attempt], ['m1', undefined])
  })
})

suite('a worker that is gone', () => {
  async function staff(server: RunningHub): Promise<{ alice: RawPeer; bob: RawPeer; welcome: Frame; held: Frame }> {
    const alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await ask(bob, 'subscribe')
    await alice.publish('queue:jobs', 1)
    return { alice, bob, welcome, held: await bob.next('deliver') }
  }

  test('keeps what it has while it may come back, and gets it again when it does', async () => {
    await using server = await startTimelessHub({ leaseMs: 5000 })
    const { alice, bob, welcome, held } = await staff(server)
    await bob.cut()
    await noticed(server, 'bob')
    await using carol = await worker(server, 'carol')
    server.clock.advance(4999)
    assert.deepEqual(await carol.settled(), [])
    await using back = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    const again = await back.next('deliver')
    assert.deepEqual([again.seq, again.attempt], [held.seq, undefined])
    server.clock.advance(6000)
    assert.deepEqual(await carol.settled(), [])
    done(back, again)
    await alice.publish('queue:jobs', 2)
    await alice.publish('queue:jobs', 3)
    assert.deepEqual(new Set([...(await ids(back, 1)), ...(await ids(carol, 1))]), new Set(['m2', 'm3']))
    await alice.cut()
  })

  test('loses it to another after 30 seconds, and what it says of it later has no effect', async () => {
    await using server = await startTimelessHub()
    const { alice, bob, welcome, held } = await staff(server)
    await using carol = await worker(server, 'carol')
    await bob.cut()
    await noticed(server, 'bob')
    server.clock.advance(30_000)
    const taken = await carol.next('deliver')
    assert.deepEqual([taken.id, taken.attempt], ['m1', 2])
    await using back = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    done(back, held)
    assert.deepEqual(await back.settled(), [])
    assert.equal((await server.hub.queues.list()).queues[0]?.messages, 1)
    await alice.publish('queue:jobs', 2)
    assert.deepEqual(await ids(back, 1), ['m2'])
    await alice.cut()
  })

  const ways: readonly (readonly [string, (bob: RawPeer, server: RunningHub) => Promise<unknown>])[] = [
    ['unsubscribes', (bob) => ask(bob, 'unsubscribe')],
    ['says bye', async (bob) => bob.send({ op: 'bye' })],
    ['begins a new session', async (_, server) => (await RawPeer.login(server.url, 'bob')).cut()],
  ]
  for (const [way, leave] of ways) {
    test(`loses it to another at once where it ${way}`, async () => {
      await using server = await startTimelessHub()
      const { alice, bob } = await staff(server)
      await using carol = await worker(server, 'carol')
      await leave(bob, server)
      const taken = await carol.next('deliver')
      assert.deepEqual([taken.id, taken.attempt], ['m1', 2])
      await bob.cut()
      await alice.cut()
    })
  }

  test('again and again takes the message to the dead letters', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('queue:jobs', 1)
    for (let attempt = 1; attempt <= 16; attempt++) {
      await ask(bob, 'subscribe')
      assert.equal((await bob.next('deliver')).attempt ?? 1, attempt)
      await ask(bob, 'unsubscribe')
    }
    await ask(bob, 'subscribe')
    await committed(server, bob)
    assert.deepEqual(await bob.settled(), [])
    assert.equal((await server.hub.deadLetters.list())[0]?.reason, 'attempts_exhausted')
  })

  test('and acknowledged before is not given to the next one, though the store is slow', async () => {
    const memory = new MemoryInboxStore()
    const gate = Promise.withResolvers<void>()
    let slow = false
    const commit: MemoryInboxStore['commit'] = async (batch) => {
      if (slow && batch.removals !== undefined) await gate.promise
      return memory.commit(batch)
    }
    await using server = await startHub({ store: changedStore(memory, { commit }) })
    const { alice, bob, held } = await staff(server)
    await using carol = await RawPeer.login(server.url, 'carol')
    slow = true
    done(bob, held)
    await ask(bob, 'unsubscribe')
    await ask(carol, 'subscribe')
    assert.deepEqual(await carol.settled(), [])
    slow = false
    gate.resolve()
    await alice.publish('queue:jobs', 2)
    assert.deepEqual(await ids(carol, 1), ['m2'])
    await bob.cut()
    await alice.cut()
  })
})

suite('a hub that begins anew with a store that lasts', () => {
  test('still has its queues, and gives out again what was not processed', async () => {
    const memory = new MemoryInboxStore()
    const store = changedStore(memory, { durability: 'process', [Symbol.asyncDispose]: async () => undefined })
    {
      await using server = await startHub({ store })
      await using alice = await RawPeer.login(server.url, 'alice')
      await using bob = await worker(server, 'bob', 2)
      for (let n = 1; n <= 3; n++) await alice.publish('queue:jobs', n, n === 3 ? { priority: 9 } : {})
      const [first] = await bob.deliveries(2)
      assert.ok(first)
      done(bob, first)
      await committed(server, bob)
    }
    await using server = await startHub({ store })
    const { queues } = await server.hub.queues.list()
    assert.deepEqual([queues[0]?.queue, queues[0]?.priorities, queues[0]?.workers], ['jobs', { 4: 1, 9: 1 }, 1])
    await using carol = await worker(server, 'carol', 5)
    assert.deepEqual(await ids(carol, 2), ['m3', 'm2'])
  })
})

suite('a hub that ends', () => {
  test('with its store in memory says how much is lost', async () => {
    const server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 3; n++) await alice.publish('queue:jobs', n)
    await server.hub.close()
    assert.equal((await server.log.line('kept in memory are lost')).fields.messages, 3)
  })

  test('waits for no worker any more', async () => {
    const clock = new ManualClock()
    const server = await startTimelessHub({}, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob')
    await using carol = await worker(server, 'carol')
    for (let n = 1; n <= 2; n++) await alice.publish('queue:jobs', n)
    await bob.next('deliver')
    await carol.next('deliver')
    await bob.cut()
    await noticed(server, 'bob')
    await server.hub.close()
    assert.equal(clock.pending, 0)
  })

  test('in good order leaves what waits to the next one where its store lasts', async () => {
    const memory = new MemoryInboxStore()
    const store = changedStore(memory, { durability: 'process' })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob')
    for (let n = 1; n <= 3; n++) await alice.publish('queue:jobs', n)
    const first = await bob.next('deliver')
    const drained = server.hub.drain({ graceMs: 20_000 })
    done(bob, first)
    await drained
    const rest = bob.frames.drain().filter(({ op }) => op === 'deliver')
    assert.deepEqual(rest, [])
    assert.equal((await memory.inspect(queueInbox('jobs', 4))).messages, 2)
  })
})

suite('what a worker may not say', () => {
  const permitted = [{ operations: ['send', 'subscribe'], addresses: ['queue:other'] }] as const

  test('of a message that it does not have: an acknowledgement has no effect, giving it back is an error', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob')
    const ack = { op: 'ack', stream: 'queue:jobs', seq: 77 }
    const nack = { ...ack, op: 'nack' }
    bob.send(ack, nack)
    assert.equal((await bob.next('error')).code, 'unexpected_frame')
    await alice.publish('queue:jobs', 1)
    const frame = await bob.next('deliver')
    done(bob, frame, frame)
    bob.send({ ...nack, seq: frame.seq })
    assert.equal((await bob.next('error')).code, 'unexpected_frame')
    await ask(bob, 'unsubscribe')
    bob.send(ack, nack)
    assert.deepEqual(await bob.settled(), [])
    alice.send(ack, nack)
    assert.deepEqual(
      [(await alice.next('error')).code, (await alice.next('error')).code],
      ['unsupported', 'unsupported'],
    )
    assert.equal((await ask(bob, 'unsubscribe')).op, 'unsubscribe')
  })

  test('are fields that are not for queues, or out of range', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const fields of [{ after: 'start' }, { last: 3 }, { retained: true }, { prefetch: 257 }, { prefetch: 0 }]) {
      assert.equal((await ask(bob, 'subscribe', fields)).code, 'invalid_field', JSON.stringify(fields))
    }
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:' })).code, 'invalid_address')
    assert.deepEqual((await server.hub.queues.list()).queues, [])
  })

  test('is that it wants more queues than it may have, or than there may be', async () => {
    await using server = await startHub({ limits: { subscriptions: 2 }, quotas: { queues: 3 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['queue:a', 'queue:b']) assert.equal((await ask(bob, 'subscribe', { to })).op, 'subscribe')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:c' })).code, 'limit_reached')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:a', prefetch: 5 })).op, 'subscribe')
    await alice.publish('queue:c', 1)
    assert.equal(codeOf(await alice.publish('queue:d', 2)), 'limit_reached')
    assert.equal((await alice.publish('queue:a', 3)).state, 'stored')
  })

  test('is what it has no permission for, nor may others send or ask', async () => {
    await using server = await startGuardedHub({ bob: permitted })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await ask(bob, 'subscribe')).code, 'forbidden')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:other' })).op, 'subscribe')
    assert.equal(codeOf(await bob.publish('queue:jobs', 1)), 'forbidden')
    assert.equal((await bob.publish('queue:other', 2)).state, 'stored')
    bob.send({ op: 'request', id: 'r', to: 'queue:other', method: 'm' })
    assert.equal(codeOf(await bob.next('response')), 'forbidden')
  })
})

test('a worker that is not permitted any more is told so, and what it has goes to others', async () => {
  const permitted = [{ operations: ['subscribe'], addresses: ['queue:*'] }] as const
  await using server = await startGuardedHub({ bob: permitted })
  await using alice = await RawPeer.login(server.url, 'alice')
  await using bob = await worker(server, 'bob')
  await alice.publish('queue:jobs', 1)
  const held = await bob.next('deliver')
  await using carol = await worker(server, 'carol')
  server.permit('bob', [{ operations: ['subscribe'], addresses: ['queue:other'] }])
  const { code, about } = await bob.next('error')
  assert.deepEqual([code, about], ['forbidden', { op: 'subscribe', to: 'queue:jobs' }])
  assert.equal((await carol.next('deliver')).attempt, 2)
  done(bob, held)
  assert.deepEqual(await bob.settled(), [])
})

suite('queues that nobody uses', () => {
  test('make room for others', async () => {
    await using server = await startHub({ quotas: { queues: 10 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let index = 1; index <= 9; index++) {
      await ask(bob, 'subscribe', { to: `queue:${index}` })
      if (index > 2) await ask(bob, 'unsubscribe', { to: `queue:${index}` })
    }
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('queue:full', 1)
    while ((await server.hub.queues.list()).queues.length > 3) await alice.settled()
    const { queues } = await server.hub.queues.list()
    assert.deepEqual(
      queues.map(({ queue }) => queue),
      ['1', '2', 'full'],
    )
  })
})

suite('a call to a queue', () => {
  const calls = { hello: { caps: ['calls'] } }

  test('goes to one of its workers in turn, to those that answer calls only', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', calls)
    const request = (id: string): void => alice.send({ op: 'request', id, to: 'queue:jobs', method: 'add', body: 1 })
    request('r0')
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
    await using mute = await worker(server, 'mute')
    request('r1')
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
    const workers = [await worker(server, 'w1', 1, calls), await worker(server, 'w2', 1, calls)]
    for (const [turn, peer] of [...workers, ...workers].entries()) {
      request(`t${turn}`)
      const { id, from, to, method } = await peer.next('request')
      assert.deepEqual([from, to, method], ['alice', 'queue:jobs', 'add'])
      peer.send({ op: 'response', id, body: turn })
      const answer = await alice.next('response')
      assert.deepEqual([answer.id, answer.body], [`t${turn}`, turn])
    }
    assert.deepEqual(await mute.settled(), [])
    request('busy')
    await workers[0]?.next('request')
    for (const id of ['x1', 'x2']) request(id)
    await workers[1]?.next('request')
    await workers[0]?.next('request')
    for (const peer of workers) await peer.cut()
  })
})

suite('a list of the queues', () => {
  test('tells an administrator how much waits, page by page', async () => {
    await using server = await startTimelessHub()
    await using bob = await worker(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [index, to] of ['queue:jobs', 'queue:jobs', 'queue:a'].entries()) {
      await alice.publish(to, index + 1, { priority: index })
    }
    await bob.next('deliver')
    const since = server.clock.now()
    alice.send({ op: 'request', id: 'r', to: 'hub', method: 'hub.queues', body: {} })
    const { body } = await alice.next('response')
    const bytes = 128 + '"text 1"'.length
    assert.deepEqual(body, {
      queues: [
        { queue: 'a', messages: 1, bytes, priorities: { 2: 1 }, leased: 0, workers: 0, oldest: since },
        {
          queue: 'jobs',
          messages: 2,
          bytes: 2 * bytes,
          priorities: { 0: 1, 1: 1 },
          leased: 1,
          workers: 1,
          oldest: since,
        },
      ],
      more: false,
    })
    assert.equal((await server.hub.queues.list({ limit: 1 })).more, true)
    assert.equal((await server.hub.queues.list({ after: 'a' })).queues[0]?.queue, 'jobs')
  })
})

test('the inbox of a queue has a name that no client can have', () => {
  assert.equal(queueInbox('jobs', 9), '\nqueue\njobs\n0')
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, MemoryInboxStore, queueInbox } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, startTimelessHub } from './start-hub.ts'
import { ask, committed, done, ids, worker } from './working-peers.ts'

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

suite('a worker whose session outlives its hub', () => {
  test('works on without asking again, and for as many messages at a time', async () => {
    const memory = new MemoryInboxStore()
    const store = changedStore(memory, { durability: 'process', [Symbol.asyncDispose]: async () => undefined })
    let welcome: Frame = {}
    {
      await using server = await startHub({ store })
      await using alice = await RawPeer.login(server.url, 'alice')
      const [bob, frame] = await RawPeer.welcomed(server.url, 'bob')
      welcome = frame
      await ask(bob, 'subscribe', { prefetch: 2 })
      for (let n = 1; n <= 3; n++) await alice.publish('queue:jobs', n)
      await bob.deliveries(2)
      await bob.cut()
    }
    await using server = await startHub({ store })
    const [bob, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.equal(again.resumed, true)
    const frames = await bob.deliveries(2)
    assert.deepEqual(
      frames.map(({ id, attempt }) => [id, attempt]),
      [
        ['m1', undefined],
        ['m2', undefined],
      ],
    )
    done(bob, ...frames)
    assert.deepEqual(await ids(bob, 1), ['m3'])
    await bob.cut()
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

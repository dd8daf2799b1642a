import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, MemoryInboxStore, queueInbox } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub } from './start-hub.ts'
import { ask, committed, done, ids, worker } from './working-peers.ts'

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

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Batch, ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { CrossCommClient } from './cross-comm-peer.ts'
import { type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

/** The position of a stream in a welcome. */
function at(welcome: Frame, stream: string): { readonly epoch: string; readonly seq: number } | undefined {
  return (welcome.positions as Readonly<Record<string, { epoch: string; seq: number }>>)[stream]
}

let sent = 0

/** The next number of a producer that sends more than once. */
function numbered(): Frame {
  return { n: ++sent }
}

/** True for a commit that puts messages to everyone into an inbox. */
function moves({ appends }: Batch): boolean {
  return appends.some((append) => 'recipients' in append && append.log === undefined && append.recipients.length > 0)
}

function ids(frames: readonly Frame[]): unknown[] {
  return frames.map(({ id }) => id)
}

suite('messages to everyone', () => {
  test('come in a stream of their own, and not to their sender', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    await alice.publish('all', 1)
    await alice.publish('bob', 2)
    const [first, second] = await bob.deliveries(2)
    assert.deepEqual([first?.stream, first?.id, second?.stream, second?.id], ['all', 'm1', undefined, 'm2'])
    assert.equal((await old.next()).msg_id, 'm1')
    old.say('all', 'hello')
    assert.equal((await alice.next('deliver')).from, 'old')
    assert.deepEqual(await alice.settled(), [])
  })

  test('are kept once, however many get them', async () => {
    const store = new MemoryInboxStore()
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('all', 1)
    const [log] = await store.logs('all')
    assert.deepEqual([log?.to, log?.messages, (await store.inspect('bob')).messages], ['all', 1, 0])
  })

  test('are acknowledged by themselves, and come again where they were not', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await alice.publish('all', 1)
    await alice.publish('bob', 2)
    await alice.publish('all', 3)
    const [first, second] = await bob.deliveries(3)
    bob.send({ op: 'ack', seq: first?.seq }, { op: 'ack', stream: 'all', seq: first?.seq }, { op: 'ack', seq: 99 })
    await bob.next('error')
    await bob.cut()
    await using again = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome, {}) })
    const back = await again.next('welcome')
    assert.deepEqual([back.resumed, back.gaps, at(back, 'all')?.seq], [true, undefined, first?.seq])
    assert.deepEqual(ids(await again.deliveries(2)).sort(), ['m2', 'm3'])
    assert.equal(second?.id, 'm2')
  })

  test('that a client says to have processed do not come again, as far as it was sent them', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await alice.publish('all', 1)
    const first = await bob.next('deliver')
    await bob.cut()
    await noticed(server, 'bob')
    await alice.publish('all', 2)
    const { epoch } = at(welcome, 'all') ?? {}
    const positions = { all: { epoch, seq: 1000 }, 'channel:none': { epoch, seq: 5 }, inbox: { epoch, seq: 1000 } }
    await using again = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome, positions) })
    const back = await again.next('welcome')
    assert.deepEqual([at(back, 'all')?.seq, at(back, 'channel:none'), back.gaps], [first.seq, undefined, undefined])
    assert.equal((await again.next('deliver')).id, 'm2')
  })

  test('are not lost with the session: a client that begins a new one goes on where it was', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('all', 1)
    await bob.next('deliver')
    await bob.cut()
    await noticed(server, 'bob')
    await alice.publish('all', 2)
    await using again = await RawPeer.login(server.url, 'bob', { hello: { producer: 'p2' } })
    assert.deepEqual(ids(await again.deliveries(2)), ['m1', 'm2'])
  })

  test('join the inbox of a client whose session ends, and outlive it there', async () => {
    await using server = await startTimelessHub({ heartbeatIntervalMs: 1_000_000 })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const end of ['bye', 'time']) {
      const bob = await RawPeer.login(server.url, 'bob')
      for (let n = 1; n <= 3; n++) await alice.publish('all', n, { id: `${end} ${n}`, ...numbered() })
      const [first] = await bob.deliveries(3)
      bob.ack(first ?? {})
      if (end === 'bye') bob.send({ op: 'bye' })
      else await bob.cut()
      await bob.closed()
      await noticed(server, 'bob')
      server.clock.advance(121_000)
      await server.hub.send('alice', 'the end of the session is in the store')
      await alice.publish('all', 4, { id: 'not for bob', ...numbered() })
      await using again = await RawPeer.login(server.url, 'bob', { hello: { producer: end } })
      const back = await again.deliveries(2)
      assert.deepEqual(
        back.map(({ id, stream }) => [id, stream]),
        [
          [`${end} 2`, undefined],
          [`${end} 3`, undefined],
        ],
      )
      assert.deepEqual(await again.settled(), [])
      again.send({ op: 'ack', seq: back[1]?.seq }, { op: 'bye' })
      await again.closed()
      await noticed(server, 'bob')
    }
  })

  test('join the inbox once each, also where the store fails on the way', async () => {
    const clock = new ManualClock()
    const inner = new MemoryInboxStore({ clock })
    const failing = { readLog: 0, commit: 0 }
    const fails = (what: keyof typeof failing): boolean => failing[what] > 0 && failing[what]-- > 0
    const full = (): Promise<never> => Promise.reject(new Error('the disk is full'))
    const store = changedStore(inner, {
      commit: (batch) => (moves(batch) && fails('commit') ? full() : inner.commit(batch)),
      readLog: (wanted, after, limit) => (after > 0 && fails('readLog') ? full() : inner.readLog(wanted, after, limit)),
    })
    await using server = await startTimelessHub({ store, heartbeatIntervalMs: 1_000_000 }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob')
    await bob.cut()
    await noticed(server, 'bob')
    for (let n = 1; n <= 150; n++) await alice.publish('all', n, { id: `all ${n}`, ...numbered() })
    failing.commit = 2
    failing.readLog = 2
    clock.advance(121_000)
    for (let round = 0; round < 100 && (await inner.inspect('bob')).messages < 150; round++) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(1000)
    }
    const waiting = await inner.read('bob', 0, 200)
    assert.deepEqual(
      waiting.map(({ envelope: { id } }) => id),
      Array.from({ length: 150 }, (_, index) => `all ${index + 1}`),
    )
    assert.deepEqual(failing, { readLog: 0, commit: 0 })
    while ((await inner.records('move')).length > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('are not for who comes later', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('all', 1)
    await using bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('all', 2)
    assert.equal((await bob.next('deliver')).id, 'm2')
    assert.deepEqual(await bob.settled(), [])
  })

  test('slow their sender down while a connected client has many of them to get', async () => {
    await using server = await startTimelessHub({ limits: { windowMessages: 1, inFlight: 2000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 501; n++) await alice.publish('all', n)
    alice.send(message('all', 502))
    await bob.next('deliver')
    assert.deepEqual(await alice.settled(), [])
    await bob.cut()
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 502, state: 'stored' })
  })

  test('that are not kept any more are named as a gap when a client comes back', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await bob.cut()
    await noticed(server, 'bob')
    for (let n = 1; n <= 1010; n++) await alice.publish('all', n)
    await using again = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome) })
    const back = await again.next('welcome')
    const from = at(welcome, 'all')?.seq ?? Number.NaN
    assert.deepEqual(back.gaps, [{ stream: 'all', from, to: from + 10, reason: 'trimmed' }])
    assert.equal(at(back, 'all')?.seq, from + 10)
    assert.equal((await again.next('deliver')).id, 'm11')
  })

  test('that a connected client was too slow for close its connection, so that the next one names them', async () => {
    await using server = await startHub({ limits: { windowMessages: 4 } })
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    for (let n = 1; n <= 1100; n++) await server.hub.send('all', `text ${n}`, { id: `m${n}` })
    const seen = await bob.deliveries(4)
    bob.ack(seen.at(-1) ?? {})
    const { code } = await bob.closed()
    assert.equal(code, 4101)
    await using again = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome) })
    const back = await again.next('welcome')
    const seq = Number(seen.at(-1)?.seq)
    assert.deepEqual(back.gaps, [{ stream: 'all', from: seq, to: seq + 96, reason: 'trimmed' }])
    assert.equal((await again.next('deliver')).id, 'm101')
  })
})

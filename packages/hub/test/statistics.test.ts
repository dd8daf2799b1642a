import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, MemoryInboxStore } from '@posthouse/core'
import type { HubStatistics } from '@posthouse/hub'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

const hourMs = 3_600_000
/** Hours pass here without a word from the clients. */
const patient = { heartbeatIntervalMs: 100 * hourMs }
const noon = Date.UTC(2026, 10, 20, 12)

function keptHours(store: MemoryInboxStore): Promise<readonly string[]> {
  return store.records('stats').then((entries) => entries.map(({ key }) => key))
}

suite('statistics', () => {
  test('say nothing of a hub that has done nothing', async () => {
    const clock = new ManualClock(noon + 60_000)
    await using server = await startTimelessHub(patient, clock)
    const { latencyMs, ...rest } = await server.hub.statistics()
    assert.deepEqual(rest, {
      from: noon - 24 * hourMs,
      to: noon + 60_000,
      messages: 0,
      delivered: 0,
      failures: {},
      hours: [],
    })
    assert.equal(latencyMs.count, 0)
  })

  test('count by the hour what came, was delivered, acknowledged and refused, and tell it apart', async () => {
    const clock = new ManualClock(noon)
    await using server = await startTimelessHub(patient, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    alice.send(message('bob', 1), { ...message('bob', 2), type: 'x-note' })
    const [, second] = await bob.deliveries(2)
    assert.ok(second)
    clock.advance(70)
    bob.ack(second)
    await bob.settled()
    await alice.publish('nobody', 3)
    clock.advance(hourMs)
    alice.send({ ...message('all', 4), qos: 0, n: undefined })
    await bob.next('deliver')
    const { latencyMs, hours, ...rest } = await server.hub.statistics({ by: 'type' })
    assert.deepEqual(hours, [
      { from: noon, messages: 3, delivered: 2, failed: 1 },
      { from: noon + hourMs, messages: 1, delivered: 1, failed: 0 },
    ])
    assert.deepEqual(rest, {
      from: noon - 23 * hourMs,
      to: noon + hourMs + 70,
      messages: 4,
      delivered: 3,
      failures: { unknown_recipient: 1 },
      labels: [
        { label: 'text', messages: 3, delivered: 2 },
        { label: 'x-note', messages: 1, delivered: 1 },
      ],
      other: { messages: 0, delivered: 0 },
    })
    assert.deepEqual([latencyMs.count, latencyMs.sum], [1, 70])
    const { labels } = await server.hub.statistics({ by: 'client', from: noon, to: noon + hourMs })
    assert.deepEqual(labels, [
      { label: 'alice', messages: 3, delivered: 0 },
      { label: 'bob', messages: 0, delivered: 2 },
    ])
  })

  test('keep what a client did that the hub has forgotten', async () => {
    await using server = await startTimelessHub()
    const alice = await RawPeer.login(server.url, 'alice', { hello: { transient: true } })
    await alice.publish('alice', 1)
    alice.send({ op: 'bye' })
    await noticed(server, 'alice')
    assert.deepEqual(server.hub.clients({ online: false }), [])
    const { labels } = await server.hub.statistics({ by: 'client' })
    assert.deepEqual(labels, [{ label: 'alice', messages: 1, delivered: 1 }])
  })

  test('outlive the hub, and go on in the same hour', async () => {
    const clock = new ManualClock(noon)
    await using store = new MemoryInboxStore({ clock })
    for (const run of [1, 2]) {
      await using server = await startTimelessHub({ store, ...patient }, clock)
      await using alice = await RawPeer.login(server.url, 'alice')
      await alice.publish('alice', run)
      for (const delivery of await alice.deliveries(1)) alice.ack(delivery)
      await alice.settled()
    }
    await using server = await startTimelessHub({ store, ...patient }, clock)
    const { messages, hours } = await server.hub.statistics()
    assert.equal(messages, 2)
    assert.deepEqual(hours, [{ from: noon, messages: 2, delivered: 2, failed: 0 }])
  })

  test('are written every ten seconds and at the end of an hour, and only where something has happened', async () => {
    const clock = new ManualClock(noon - 3000)
    await using store = new MemoryInboxStore({ clock })
    await using server = await startTimelessHub({ store, ...patient }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    const written = async (): Promise<readonly unknown[]> => {
      await alice.settled()
      return (await store.records('stats')).map(({ key, value }) => [key, (value as HubStatistics).messages])
    }
    clock.advance(1000)
    assert.deepEqual(await written(), [])
    await alice.publish('alice', 1)
    clock.advance(2000)
    assert.deepEqual(await written(), [['2026-11-20T11', 1]])
    await alice.publish('alice', 2)
    clock.advance(10_000)
    assert.deepEqual(await written(), [
      ['2026-11-20T11', 1],
      ['2026-11-20T12', 1],
    ])
    const { storeCommits } = (await server.hub.stats()).counters
    clock.advance(100_000)
    await alice.settled()
    assert.equal((await server.hub.stats()).counters.storeCommits, storeCommits)
  })

  test('are dropped when they are old', async () => {
    const clock = new ManualClock(noon)
    await using store = new MemoryInboxStore({ clock })
    await using server = await startTimelessHub({ store, statisticsMs: 3 * hourMs, ...patient }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const n of [1, 2, 3, 4, 5]) {
      await alice.publish('alice', n)
      clock.advance(hourMs)
      await alice.settled()
    }
    assert.deepEqual(await keptHours(store), ['2026-11-20T14', '2026-11-20T15', '2026-11-20T16'])
  })

  test('go on in an earlier hour where the clock is set back', async () => {
    const clock = new ManualClock(noon)
    await using store = new MemoryInboxStore({ clock })
    await using server = await startTimelessHub({ store, ...patient }, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [n, jump] of [
      [1, hourMs],
      [2, -hourMs],
      [3, 0],
    ] as const) {
      await alice.publish('alice', n)
      const delivery = await alice.next('deliver')
      clock.jump(jump)
      clock.advance(10_000)
      alice.ack(delivery)
      await alice.settled()
    }
    const { hours, latencyMs } = await server.hub.statistics({ from: noon, to: noon + 2 * hourMs })
    // One was acknowledged in an earlier hour than it came in.
    assert.deepEqual([latencyMs.count, latencyMs.min], [3, 0])
    assert.deepEqual(
      hours.map(({ from, messages }) => [from, messages]),
      [
        [noon, 2],
        [noon + hourMs, 1],
      ],
    )
  })

  test('tell a thousand labels apart, name the busiest, and count all others together', async () => {
    const store = new MemoryInboxStore()
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const types = Array.from({ length: 1100 }, (_, index) => `x-${index}`)
    for (const type of [...types, 'x-7', 'x-1050']) alice.send({ ...message('alice', 0), type, qos: 0, n: undefined })
    await alice.settled()
    const { labels = [], other } = await server.hub.statistics({ by: 'type' })
    assert.deepEqual(labels[0], { label: 'x-7', messages: 2, delivered: 2 })
    assert.ok(labels.length <= 100)
    assert.equal(
      labels.reduce((sum, { messages }) => sum + messages, other?.messages ?? 0),
      1102,
    )
    await server.hub.close()
    await using next = await startHub({ store })
    const kept = await next.hub.statistics({ by: 'type' })
    assert.deepEqual([kept.messages, kept.labels?.length, kept.other?.messages], [1102, 64, 1037])
  })

  test('are told to callers who may administer the hub, with the time and the labels that they ask for', async () => {
    await using server = await startHub({
      authenticate: ({ client }) => ({
        name: client,
        ...(client === 'admin' && { permissions: [{ operations: ['administer', 'request'], addresses: ['hub'] }] }),
      }),
    })
    const caps = { hello: { caps: ['calls'] } }
    await using admin = await RawPeer.login(server.url, 'admin', caps)
    await using alice = await RawPeer.login(server.url, 'alice', caps)
    const request = { op: 'request', id: 'r1', to: 'hub', method: 'hub.statistics' }
    await alice.publish('alice', 1)
    admin.send(request)
    const plain = (await admin.next('response')) as { readonly body?: HubStatistics }
    assert.deepEqual([plain.body?.messages, plain.body?.labels], [1, undefined])
    admin.send({ ...request, body: { by: 'client' } })
    const { body } = (await admin.next('response')) as { readonly body?: HubStatistics }
    assert.deepEqual(body?.labels, [{ label: 'alice', messages: 1, delivered: 1 }])
    for (const wrong of [{ by: 'colour' }, { from: 'now' }, { from: 2, to: 1 }, { from: 0 }, { to: 1e17 }, 'all', []]) {
      admin.send({ ...request, body: wrong })
      assert.equal(codeOf(await admin.next('response')), 'invalid_body', JSON.stringify(wrong))
    }
    alice.send(request)
    assert.equal(codeOf(await alice.next('response')), 'forbidden')
    await assert.rejects(server.hub.statistics({ from: 2, to: 1 }), { code: 'invalid_option' })
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import type { HubReceipt } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

const wanted = { receipts: true }

function gist({ id, state, by, code }: Frame): unknown {
  return [id, state, by, ...(code === undefined ? [] : [code])]
}

describe('the sender is told', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`when its message was acknowledged and when it was read, in ${dialect}`, async () => {
      await using server = await startTimelessHub()
      await using bob = await RawPeer.login(server.url, 'bob')
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await alice.publish('bob', 1, wanted)
      const delivery = await bob.next('deliver')
      assert.equal(delivery.receipts, true)
      assert.deepEqual(await alice.settled(), [])
      bob.ack(delivery)
      const receipt = await alice.next('receipt')
      assert.deepEqual(gist(receipt), ['m1', 'delivered', 'bob'])
      assert.equal(receipt.at, server.clock.now())
      bob.send({ op: 'receipt', id: 'm1', from: 'alice', state: 'read' })
      const read = await alice.next('receipt')
      assert.deepEqual(gist(read), ['m1', 'read', 'bob'])
      assert.ok(Number(read.seq) > Number(receipt.seq))
    })
  }

  test('once, in the order of its messages, and not of those that want no receipts', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1, wanted), message('bob', 2), message('bob', 3, wanted), message('bob', 4, wanted))
    const deliveries = await bob.deliveries(4)
    for (const delivery of deliveries.slice(1)) bob.ack(delivery)
    bob.ack(deliveries[3] ?? {})
    const ids: unknown[] = []
    for (let count = 0; count < 3; count++) ids.push((await alice.next('receipt')).id)
    assert.deepEqual(ids, ['m1', 'm3', 'm4'])
    assert.ok((await alice.settled()).every(({ op }) => op === 'sent'))
  })

  test('later, where it is away, and again until it has acknowledged that', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    const [alice, welcome] = await RawPeer.welcomed(server.url, 'alice')
    await alice.publish('bob', 1, wanted)
    await alice.cut()
    await noticed(server, 'alice')
    bob.ack(await bob.next('deliver'))
    await bob.settled()
    const [back, resumed] = await RawPeer.welcomed(server.url, 'alice', { hello: resume(welcome) })
    assert.deepEqual(gist(await back.next('receipt')), ['m1', 'delivered', 'bob'])
    await back.cut()
    await using again = await RawPeer.login(server.url, 'alice', { hello: resume(resumed) })
    const receipt = await again.next('receipt')
    assert.deepEqual(gist(receipt), ['m1', 'delivered', 'bob'])
    again.ack(receipt)
    await again.settled()
    await again.cut()
    await using last = await RawPeer.login(server.url, 'alice')
    assert.deepEqual(await last.settled(), [])
  })

  test('of what the recipient processed and could not acknowledge before its connection was cut', async () => {
    await using server = await startHub()
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, wanted)
    const { seq } = await bob.next('deliver')
    await bob.cut()
    const { epoch } = (welcome.positions as Record<string, { readonly epoch: string }>).inbox ?? {}
    await using back = await RawPeer.login(server.url, 'bob', { hello: resume(welcome, { inbox: { epoch, seq } }) })
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'delivered', 'bob'])
    assert.deepEqual(await back.settled(), [])
  })

  test('once of a message that was delivered on two connections', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    {
      await using bob = await RawPeer.login(server.url, 'bob')
      await alice.publish('bob', 1, wanted)
      await bob.next('deliver')
    }
    await using bob = await RawPeer.login(server.url, 'bob')
    bob.ack(await bob.next('deliver'))
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'delivered', 'bob'])
    assert.deepEqual(await alice.settled(), [])
  })

  test('when the time of its message has run out', async () => {
    await using server = await startTimelessHub()
    await visit(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { ...wanted, ttlMs: 5000 })
    await alice.publish('bob', 2, { ttlMs: 5000 })
    server.clock.advance(5000)
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'expired', 'bob'])
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(await bob.settled(), [])
    assert.deepEqual(await alice.settled(), [])
  })

  test('within a minute where an earlier run of the hub has stored the message', async () => {
    const clock = new ManualClock()
    await using store = new MemoryInboxStore({ clock })
    const settings = { store, heartbeatIntervalMs: 3_600_000 }
    {
      await using server = await startTimelessHub(settings, clock)
      await visit(server, 'bob')
      await using alice = await RawPeer.login(server.url, 'alice')
      await alice.publish('bob', 1, { ...wanted, ttlMs: 90_000 })
    }
    await using server = await startTimelessHub(settings, clock)
    await using alice = await RawPeer.login(server.url, 'alice')
    clock.advance(60_000)
    assert.deepEqual(await alice.settled(), [])
    clock.advance(60_000)
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'expired', 'bob'])
  })

  test('that a message was delivered which expires at its recipient', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { ...wanted, ttlMs: 5000 })
    const delivery = await bob.next('deliver')
    server.clock.advance(5000)
    await bob.settled()
    bob.ack(delivery)
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'delivered', 'bob'])
    assert.deepEqual(await alice.settled(), [])
  })

  test('of a message that could not be said to its recipient', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, { ...wanted, type: 'x-own' })
    await using bob = await CrossCommClient.login(server.url, 'bob')
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'failed', bob.id, 'unrepresentable'])
  })

  test('of what a cross_comm program has confirmed by a pong', async () => {
    await using server = await startHub()
    await using bob = await CrossCommClient.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, wanted)
    await bob.next()
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'delivered', 'bob'])
  })

  test('where it is the program that runs the hub', async () => {
    await using server = await startHub()
    const receipts: HubReceipt[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    using _handler = server.hub.onReceipt((receipt) => receipts.push(receipt) === 2 && resolve())
    await using bob = await RawPeer.login(server.url, 'bob')
    const { id } = await server.hub.send('bob', 'hello', { receipts: true })
    bob.ack(await bob.next('deliver'))
    bob.send({ op: 'receipt', id, from: 'hub', state: 'read' })
    await promise
    assert.deepEqual(
      receipts.map((receipt) => [receipt.id, receipt.state, receipt.by]),
      [
        [id, 'delivered', 'bob'],
        [id, 'read', 'bob'],
      ],
    )
  })

  test('although the store fails when it is to be told', async () => {
    const clock = new ManualClock()
    await using inner = new MemoryInboxStore({ clock })
    let failures = 0
    const store = changedStore(inner, {
      commit: async (batch) => {
        const told = batch.appends.some((entry) => 'envelope' in entry && entry.envelope.type === 'x-posthouse.receipt')
        if (told && failures++ === 0) throw new Error('the disk is full')
        return inner.commit(batch)
      },
    })
    await using server = await startTimelessHub({ store }, clock)
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, wanted)
    bob.ack(await bob.next('deliver'))
    await server.log.line('the store failed')
    server.clock.advance(1000)
    assert.deepEqual(gist(await alice.next('receipt')), ['m1', 'delivered', 'bob'])
    assert.equal((await inner.inspect('bob')).messages, 0)
  })
})

describe('of a message to a group the sender is told', () => {
  test('by each member, and of those who had no room', async () => {
    await using store = new MemoryInboxStore({ limits: { messages: 3 } })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await visit(server, 'carol')
    for (const member of ['alice', 'bob', 'carol']) await server.hub.groups.add('team', member)
    for (let n = 1; n <= 3; n++) await alice.publish('carol', n)
    await alice.publish('group:team', 4, wanted)
    bob.ack(await bob.next('deliver'))
    const told = [gist(await alice.next('receipt')), gist(await alice.next('receipt'))]
    assert.deepEqual(told, [
      ['m4', 'failed', 'carol', 'inbox_full'],
      ['m4', 'delivered', 'bob'],
    ])
  })

  test('nothing where there are more than 64 members', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await server.hub.groups.add('team', 'bob')
    for (let index = 1; index <= 64; index++) {
      // The 64 members of now have a copy each; one more makes the group a large one.
      if (index === 64) await alice.publish('group:team', 1, wanted)
      await visit(server, `member-${index}`)
      await server.hub.groups.add('team', `member-${index}`)
    }
    await alice.publish('group:team', 2, wanted)
    await alice.publish('bob', 3, wanted)
    const deliveries = await bob.deliveries(3)
    assert.deepEqual(
      deliveries.map(({ receipts }) => receipts),
      [true, undefined, true],
    )
    bob.ack(deliveries[2] ?? {})
    for (const id of ['m1', 'm3']) assert.deepEqual(gist(await alice.next('receipt')), [id, 'delivered', 'bob'])
    assert.ok((await alice.settled()).every(({ op }) => op === 'sent'))
  })
})

test('a message can be said to have been read after the hub was started anew, once', async () => {
  await using store = new MemoryInboxStore()
  {
    await using server = await startHub({ store })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1, wanted), message('bob', 2, wanted))
    const [, second] = await bob.deliveries(2)
    bob.send({ op: 'receipt', id: 'm1', from: 'alice', state: 'read' })
    bob.ack(second ?? {})
    for (let count = 0; count < 3; count++) alice.ack(await alice.next('receipt'))
    await alice.settled()
  }
  await using server = await startHub({ store })
  await using alice = await RawPeer.login(server.url, 'alice')
  await using bob = await RawPeer.login(server.url, 'bob')
  for (const id of ['m1', 'm2', 'm2']) bob.send({ op: 'receipt', id, from: 'alice', state: 'read' })
  assert.deepEqual(gist(await alice.next('receipt')), ['m2', 'read', 'bob'])
  const errors = [await bob.next('error'), await bob.next('error')]
  // The second time is known at once, what was never kept is looked for.
  assert.deepEqual(
    errors.map(({ about }) => about),
    ['m2', 'm1'].map((id) => ({ op: 'receipt', id })),
  )
  assert.deepEqual(await store.records('unread'), [])
})

test('a message can be said to have been read for 30 days after the hub was started anew', async () => {
  const clock = new ManualClock()
  const day = 86_400_000
  // Inboxes keep the receipts of then for as long.
  await using store = new MemoryInboxStore({ clock, limits: { ageMs: 100 * day } })
  for (const [n, days] of [
    [1, 2],
    [2, 29],
  ] as const) {
    {
      await using server = await startTimelessHub({ store }, clock)
      await using bob = await RawPeer.login(server.url, 'bob')
      await using alice = await RawPeer.login(server.url, 'alice')
      await alice.publish('bob', n, wanted)
      bob.ack(await bob.next('deliver'))
      alice.ack(await alice.next('receipt'))
      await alice.settled()
    }
    clock.advance(days * day)
  }
  await using server = await startTimelessHub({ store }, clock)
  await using bob = await RawPeer.login(server.url, 'bob')
  for (const id of ['m1', 'm2']) bob.send({ op: 'receipt', id, from: 'alice', state: 'read' })
  assert.deepEqual((await bob.next('error')).about, { op: 'receipt', id: 'm1' })
  await using alice = await RawPeer.login(server.url, 'alice')
  assert.deepEqual(gist(await alice.next('receipt')), ['m2', 'read', 'bob'])
})

test('of the messages that can be said to have been read a new hub keeps the newest 100,000', async () => {
  const clock = new ManualClock()
  await using store = new MemoryInboxStore({ clock })
  const records = Array.from({ length: 100_001 }, (_, n) => ({
    kind: 'unread',
    key: `bob\nalice\nm${n}`,
    value: clock.now() - ((n + 50_000) % 100_001),
  }))
  await store.commit({ appends: [], acknowledgements: [], records })
  await using server = await startTimelessHub({ store }, clock)
  await using bob = await RawPeer.login(server.url, 'bob')
  // The oldest is in the middle of the list.
  for (const n of [50_000, 49_999]) bob.send({ op: 'receipt', id: `m${n}`, from: 'alice', state: 'read' })
  assert.deepEqual((await bob.next('error')).about, { op: 'receipt', id: 'm50000' })
  assert.deepEqual(await bob.settled(), [])
  assert.equal((await store.records('unread')).length, 99_999)
})

test('of a client that is forgotten nothing is kept to be said to have been read', async () => {
  const store = new MemoryInboxStore()
  await using server = await startHub({ store })
  await using alice = await RawPeer.login(server.url, 'alice')
  await using bob = await RawPeer.login(server.url, 'bob', { hello: { transient: true } })
  await alice.publish('bob', 1, { receipts: true })
  bob.ack(await bob.next('deliver'))
  await alice.next('receipt')
  assert.equal((await store.records('unread')).length, 1)
  bob.send({ op: 'bye' })
  await bob.closed()
  await noticed(server, 'bob')
  await alice.publish('alice', 2)
  assert.deepEqual(await store.records('unread'), [])
})

describe('a read receipt is refused', () => {
  test('for a message that was never delivered, wants none, or was read before', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(message('bob', 1, wanted), message('bob', 2))
    await bob.deliveries(2)
    const read = { op: 'receipt', id: 'm1', from: 'alice', state: 'read' }
    bob.send({ ...read, id: 'm9' }, { ...read, id: 'm2' }, { ...read, from: 'carol' }, read, read)
    const errors: Frame[] = []
    while (errors.length < 4) errors.push(await bob.next('error'))
    assert.ok(errors.every((error) => codeOf(error) === 'unexpected_frame'))
    assert.deepEqual(errors.map(({ about }) => (about as Frame).id).sort(), ['m1', 'm1', 'm2', 'm9'])
    assert.equal((await alice.next('receipt')).state, 'read')
  })

  test('of another client than the recipient, and without the word read', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await RawPeer.login(server.url, 'carol')
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('bob', 1, wanted)
    await bob.next('deliver')
    carol.send({ op: 'receipt', id: 'm1', from: 'alice', state: 'read' })
    assert.equal(codeOf(await carol.next('error')), 'unexpected_frame')
    bob.send({ op: 'receipt', id: 'm1', from: 'alice', state: 'delivered' })
    assert.equal(codeOf(await bob.next('error')), 'invalid_field')
  })
})

test('a receipt cannot be sent as a message', async () => {
  await using server = await startHub()
  await using bob = await RawPeer.login(server.url, 'bob')
  await using alice = await RawPeer.login(server.url, 'alice')
  const forged = { type: 'x-posthouse.receipt', body: { id: 'm1', state: 'read', by: 'bob', at: 1 } }
  assert.equal(codeOf(await alice.publish('bob', 1, forged)), 'invalid_field')
  await assert.rejects(server.hub.send('bob', {}, { type: 'x-posthouse.receipt' }), { code: 'invalid_option' })
  assert.deepEqual(await bob.settled(), [])
})

test('a receipt for which the sender has no room is lost, and nothing else', async () => {
  await using store = new MemoryInboxStore({ limits: { messages: 1 } })
  await using server = await startHub({ store })
  await using bob = await RawPeer.login(server.url, 'bob')
  await using alice = await RawPeer.login(server.url, 'alice')
  alice.send(message('bob', 1, wanted))
  bob.send(message('alice', 1))
  await alice.next('deliver')
  bob.ack(await bob.next('deliver'))
  await server.log.line('a receipt is lost')
  alice.send(message('bob', 2))
  assert.equal((await bob.next('deliver')).id, 'm2')
})

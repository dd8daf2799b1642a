import assert from 'node:assert/strict'
import type { Delivery } from '../store-batch.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { append, delivery, sampleEnvelope, stored, waiting } from './sample.ts'

const refused = { state: 'refused', code: 'inbox_full' }

/** The part of the inbox store contract about full inboxes and time. */
export function keepsLimits(test: DeclareStoreTest): void {
  refusesWhenFull(test)
  reportsFill(test)
  expires(test)
}

function refusesWhenFull(test: DeclareStoreTest): void {
  test(
    'an inbox with as many messages as it may hold refuses with inbox_full',
    async (store) => {
      const { appends } = await store.commit({
        appends: [delivery('m1'), delivery('m2'), delivery('m3')],
        acknowledgements: [],
      })
      assert.deepEqual(
        appends.map(({ state }) => state),
        ['stored', 'stored', 'refused'],
      )
      assert.deepEqual(appends[2], refused)
      assert.deepEqual(await waiting(store), ['m1', 'm2'])
    },
    { messages: 2 },
  )

  test(
    'an inbox with as many bytes as it may hold refuses with inbox_full',
    async (store) => {
      await stored(store, delivery('m1'))
      assert.deepEqual(await append(store, delivery('m2')), refused)
      assert.deepEqual(await waiting(store), ['m1'])
    },
    { bytes: 269 },
  )

  test(
    'an acknowledgement makes room for the appends of its own commit',
    async (store) => {
      const seq = await stored(store, delivery('m1'))
      const { appends, fill } = await store.commit({
        appends: [delivery('m2'), delivery('m3')],
        acknowledgements: [{ inbox: 'bob', seq }],
      })
      assert.deepEqual(
        appends.map(({ state }) => state),
        ['stored', 'refused'],
      )
      assert.deepEqual(fill, [1])
      assert.deepEqual(await waiting(store), ['m2'])
    },
    { messages: 1 },
  )

  test(
    'a full inbox among several recipients does not stop the others',
    async (store) => {
      await stored(store, delivery('m1', { recipients: ['bob'] }))
      const outcome = await append(store, delivery('m2', { recipients: ['alice', 'bob', 'carol'] }))
      assert.deepEqual(outcome.state === 'stored' && outcome.full, ['bob'])
      assert.deepEqual(await Promise.all(['alice', 'bob', 'carol'].map((inbox) => waiting(store, inbox))), [
        ['m2'],
        ['m1'],
        ['m2'],
      ])
    },
    { messages: 1 },
  )

  test(
    'an envelope is refused when all its recipients are full',
    async (store) => {
      await stored(store, delivery('m1', { recipients: ['bob', 'carol'] }))
      assert.deepEqual(await append(store, delivery('m2', { recipients: ['bob', 'carol'] })), refused)
    },
    { messages: 1 },
  )
}

function reportsFill(test: DeclareStoreTest): void {
  test(
    'the outcome tells how full each inbox is, in the order of the recipients',
    async (store) => {
      await stored(store, delivery('m1', { recipients: ['carol'] }))
      const outcome = await append(store, delivery('m2', { recipients: ['bob', 'carol'] }))
      assert.deepEqual(outcome.state === 'stored' && outcome.fill, [0.25, 0.5])
    },
    { messages: 4 },
  )

  test(
    'how full an inbox is follows the limit that is nearer',
    async (store) => {
      const outcome = await append(store, delivery('m1'))
      assert.deepEqual(outcome.state === 'stored' && outcome.fill, [0.5])
    },
    { messages: 4, bytes: 270 },
  )
}

function expires(test: DeclareStoreTest): void {
  test('an envelope that has expired is neither read nor counted', async (store, clock) => {
    await store.commit({ appends: [brief('m1', 1000), delivery('m2')], acknowledgements: [] })
    clock.advance(999)
    assert.deepEqual(await waiting(store), ['m1', 'm2'])
    clock.advance(1)
    assert.deepEqual(await waiting(store), ['m2'])
    assert.equal((await store.inspect('bob')).messages, 1)
  })

  test(
    'envelopes that expire between others make room',
    async (store, clock) => {
      await store.commit({
        appends: [delivery('m1'), brief('m2', 1000), brief('m3', 2000), delivery('m4')],
        acknowledgements: [],
      })
      assert.deepEqual(await append(store, delivery('m5')), refused)
      clock.advance(1000)
      await stored(store, delivery('m6'))
      assert.deepEqual(await append(store, delivery('m7')), refused)
      clock.advance(1000)
      await stored(store, delivery('m8'))
      assert.deepEqual(await waiting(store), ['m1', 'm4', 'm6', 'm8'])
    },
    { messages: 4 },
  )

  test(
    'an envelope that is older than the limit is gone, without a time of its own',
    async (store, clock) => {
      await stored(store, delivery('m1'))
      clock.advance(500)
      await stored(store, { envelope: sampleEnvelope({ id: 'm2', ts: clock.now() }), recipients: ['bob'] })
      clock.advance(500)
      assert.deepEqual(await waiting(store), ['m2'])
    },
    { ageMs: 1000 },
  )

  test('an acknowledgement behind expired envelopes still counts', async (store, clock) => {
    await stored(store, brief('m1', 1000))
    const seq = await stored(store, delivery('m2'))
    clock.advance(1000)
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
    const { position, messages, bytes } = await store.inspect('bob')
    assert.deepEqual({ seq: position.seq, messages, bytes }, { seq, messages: 0, bytes: 0 })
  })
}

function brief(id: string, ttlMs: number): Delivery {
  const envelope = sampleEnvelope({ id })
  return { envelope: { ...envelope, expiresAt: envelope.ts + ttlMs }, recipients: ['bob'] }
}

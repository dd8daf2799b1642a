import assert from 'node:assert/strict'
import type { ErrorCode } from '../errors.ts'
import type { Append } from '../store-batch.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { append, delivery, stored, waiting } from './sample.ts'

/** The part of the inbox store contract about resends. */
export function remembersProducers(test: DeclareStoreTest): void {
  detectsDuplicates(test)
  repeatsRefusals(test)
  tellsLastAccepted(test)
}

function detectsDuplicates(test: DeclareStoreTest): void {
  test('a message that is sent again is a duplicate and is stored once', async (store) => {
    await stored(store, sent(1))
    assert.deepEqual(await append(store, sent(1)), { state: 'duplicate' })
    assert.deepEqual(await waiting(store), ['p1-1'])
  })

  test('a duplicate is noticed within one commit', async (store) => {
    const { appends } = await store.commit({ appends: [sent(1), sent(1), sent(2)], acknowledgements: [] })
    assert.deepEqual(
      appends.map(({ state }) => state),
      ['stored', 'duplicate', 'stored'],
    )
  })

  test('a duplicate is noticed after the first one was acknowledged', async (store) => {
    const seq = await stored(store, sent(1))
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
    assert.deepEqual(await append(store, sent(1)), { state: 'duplicate' })
    assert.deepEqual(await waiting(store), [])
  })

  test('numbers of a producer may have gaps', async (store) => {
    await stored(store, sent(1))
    await stored(store, sent(7))
    assert.deepEqual(await append(store, sent(7)), { state: 'duplicate' })
  })

  test('producers do not disturb each other', async (store) => {
    await stored(store, sent(5, 'p1'))
    await stored(store, sent(1, 'p2'))
    assert.deepEqual(await waiting(store), ['p1-5', 'p2-1'])
  })

  test('envelopes without a producer are never duplicates', async (store) => {
    await stored(store, delivery('m1'))
    await stored(store, delivery('m1'))
    assert.deepEqual(await waiting(store), ['m1', 'm1'])
  })
}

function repeatsRefusals(test: DeclareStoreTest): void {
  test('a remembered refusal is answered again', async (store) => {
    const refusal = { state: 'refused', code: 'unknown_recipient' }
    assert.deepEqual(await append(store, refuse(1, 'unknown_recipient')), refusal)
    assert.deepEqual(await append(store, refuse(1, 'unknown_recipient')), refusal)
    assert.deepEqual(await append(store, sent(1)), refusal)
    assert.deepEqual(await waiting(store), [])
  })

  test('a refusal stays one among accepted messages', async (store) => {
    await store.commit({ appends: [sent(1), refuse(2, 'forbidden'), sent(3)], acknowledgements: [] })
    const { appends } = await store.commit({ appends: [sent(1), sent(2), sent(3)], acknowledgements: [] })
    assert.deepEqual(appends, [{ state: 'duplicate' }, { state: 'refused', code: 'forbidden' }, { state: 'duplicate' }])
  })

  test(
    'a message that a full inbox refused stays refused when there is room again',
    async (store) => {
      const seq = await stored(store, sent(1))
      await append(store, sent(2))
      await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
      assert.deepEqual(await append(store, sent(2)), { state: 'refused', code: 'inbox_full' })
      await stored(store, sent(3))
      assert.deepEqual(await waiting(store), ['p1-3'])
    },
    { messages: 1 },
  )

  test('a refusal never becomes a duplicate, however many follow it', async (store) => {
    const numbers = Array.from({ length: 3000 }, (_, index) => index + 1)
    await store.commit({ appends: numbers.map((n) => refuse(n, 'forbidden')), acknowledgements: [] })
    const { appends } = await store.commit({ appends: numbers.map((n) => sent(n)), acknowledgements: [] })
    assert.deepEqual(new Set(appends.map(({ state }) => state)), new Set(['refused']))
  })
}

function tellsLastAccepted(test: DeclareStoreTest): void {
  test('an unknown producer has 0 as its last accepted number', async (store) => {
    assert.equal(await store.lastAccepted('nobody'), 0)
  })

  test('the last accepted number counts what was stored and what was refused', async (store) => {
    await stored(store, sent(3))
    assert.equal(await store.lastAccepted('p1'), 3)
    await append(store, refuse(4, 'forbidden'))
    assert.equal(await store.lastAccepted('p1'), 4)
    await append(store, sent(1))
    assert.equal(await store.lastAccepted('p1'), 4)
  })
}

function sent(n: number, producer = 'p1') {
  return delivery(`${producer}-${n}`, { from: { producer, n } })
}

function refuse(n: number, refusal: ErrorCode): Append {
  return { from: { producer: 'p1', n }, refusal }
}

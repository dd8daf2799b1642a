import assert from 'node:assert/strict'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { commit, delivery, sampleEnvelope, stored, waiting } from './sample.ts'

/** The part of the inbox store contract about cursors, with an inbox and without one. */
export function keepsCursors(test: DeclareStoreTest): void {
  test('a cursor stays where it was acknowledged to, whatever comes and goes in its inbox', async (store, clock) => {
    const first = await stored(store, delivery('m1'))
    await commit(store, { acknowledgements: [{ inbox: 'bob', seq: first }] })
    await stored(store, delivery('m2', { recipients: ['carol'] }))
    assert.equal((await store.inspect('bob')).position.seq, first)
    const envelope = sampleEnvelope({ id: 'm3', expiresAt: clock.now() + 10 })
    const third = await stored(store, { envelope, recipients: ['bob'] })
    assert.equal((await store.inspect('bob')).position.seq, first)
    clock.advance(10)
    assert.equal((await store.inspect('bob')).position.seq, first)
    await commit(store, { removals: [{ inbox: 'bob', seq: third }] })
    assert.equal((await store.inspect('bob')).position.seq, first)
  })

  test('a cursor needs no inbox: it can be set at any time, and only forward', async (store) => {
    const seqs = [await stored(store, delivery('m1')), await stored(store, delivery('m2'))]
    const name = 'carol\nchannel:a.*'
    for (const seq of [seqs[0] ?? 0, seqs[1] ?? 0, seqs[0] ?? 0]) {
      await commit(store, { acknowledgements: [{ inbox: name, seq }] })
    }
    await stored(store, delivery('m3'))
    const { position, newest } = await store.inspect(name)
    assert.deepEqual({ seq: position.seq, newest }, { seq: seqs[1], newest: (seqs[1] ?? 0) + 1 })
  })

  test('a cursor can be set to the beginning', async (store) => {
    await stored(store, delivery('m1'))
    await commit(store, { acknowledgements: [{ inbox: 'carol\nchannel:a', seq: 0 }] })
    assert.equal((await store.inspect('carol\nchannel:a')).position.seq, 0)
  })

  test('a forgotten cursor is gone with its inbox, and another of the same name begins anew', async (store) => {
    const first = await stored(store, delivery('m1', { recipients: ['bob', 'carol'] }))
    await commit(store, { acknowledgements: [{ inbox: 'bob', seq: first }] })
    await stored(store, delivery('m2'))
    await commit(store, { forget: ['bob', 'nobody'] })
    const { position, messages, bytes, newest } = await store.inspect('bob')
    assert.deepEqual({ seq: position.seq, messages, bytes }, { seq: newest, messages: 0, bytes: 0 })
    await stored(store, delivery('m3'))
    assert.deepEqual([await waiting(store), await waiting(store, 'carol')], [['m3'], ['m1']])
  })

  test('forgetting comes first in its commit', async (store) => {
    const seq = await stored(store, delivery('m1'))
    await commit(store, {
      forget: ['bob'],
      acknowledgements: [{ inbox: 'bob', seq }],
      appends: [delivery('m2')],
    })
    assert.deepEqual(await waiting(store), ['m2'])
    assert.equal((await store.inspect('bob')).position.seq, seq)
  })
}

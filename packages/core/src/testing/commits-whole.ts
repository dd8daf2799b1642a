import assert from 'node:assert/strict'
import type { InboxStore } from '../store.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { commit, delivery, logged, sampleEnvelope, shelved, stored } from './sample.ts'
import { everything } from './snapshot.ts'

/** The part of the inbox store contract about batches: all of it or nothing, and in which order. */
export function commitsWhole(test: DeclareStoreTest): void {
  test('a commit that fails changes nothing, whatever is in it', async (store) => {
    const { seqs, shelf } = await furnish(store)
    const before = await everything(store)
    const broken = commit(store, {
      forget: ['carol'],
      acknowledgements: [{ inbox: 'bob', seq: seqs[0] ?? 0 }],
      removals: [{ inbox: 'bob', seq: seqs[1] ?? 0, to: { dueAt: 1, attempt: 2 } }],
      unshelve: [shelf],
      records: [
        { kind: 'k', key: 'a', value: 2 },
        { kind: 'k', key: 'bad', value: 10n },
      ],
      appends: [
        delivery('n1', { from: { producer: 'p1', n: 9 } }),
        logged('channel:a', 'n2', { retain: 'keep', log: { messages: 1, ageMs: 1 } }),
        shelved('n3'),
        { envelope: sampleEnvelope({ id: 'n4' }), dead: 'timeout' },
        { from: { producer: 'p2', n: 1 }, refusal: 'forbidden' },
      ],
    })
    await assert.rejects(broken)
    assert.deepEqual(await everything(store), before)
    const seq = await stored(store, delivery('m9', { from: { producer: 'p1', n: 9 } }))
    assert.ok(seq > before.newest)
  })

  test('a commit that fails does not stop those that come behind it, though nobody waited', async (store) => {
    const broken = commit(store, { records: [{ kind: 'k', key: 'a', value: 10n }], appends: [delivery('m1')] })
    const whole = commit(store, { appends: [delivery('m2')] })
    await assert.rejects(broken)
    assert.equal((await whole).appends[0]?.state, 'stored')
    const [entry, ...more] = await store.read('bob', 0, 10)
    assert.deepEqual([entry?.envelope.id, more], ['m2', []])
  })

  test('a commit of every part does them in their order', async (store) => {
    const { seqs, shelf } = await furnish(store)
    const outcome = await commit(store, {
      appends: [delivery('n1'), delivery('n2', { takes: shelf })],
      records: [{ kind: 'k', key: 'a', value: 2 }],
      unshelve: [shelf],
      removals: [
        { inbox: 'bob', seq: seqs[0] ?? 0, to: { dueAt: 1, attempt: 2 } },
        { inbox: 'bob', seq: seqs[1] ?? 0, to: { dueAt: 1, attempt: 2 } },
      ],
      acknowledgements: [{ inbox: 'bob', seq: seqs[2] ?? 0 }],
      forget: ['carol'],
    })
    assert.deepEqual(
      outcome.removals.map(({ found }) => found),
      [true, true],
    )
    const [first, second] = outcome.appends
    const [entry] = await store.shelf({ kind: 'scheduled', limit: 1 })
    assert.ok(first?.state === 'stored' && first.seq > (entry?.seq ?? 0), 'removals come before appends')
    assert.equal(second?.state, 'duplicate', 'what is unshelved comes before what is taken')
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: 2 }])
  })

  test('an empty commit is nothing', async (store) => {
    await furnish(store)
    const before = await everything(store)
    assert.deepEqual(await commit(store, {}), { appends: [], fill: [], removals: [] })
    assert.deepEqual(await everything(store), before)
  })
}

/** Something of everything. */
async function furnish(store: InboxStore): Promise<{ readonly seqs: number[]; readonly shelf: number }> {
  const seqs: number[] = []
  const from = { producer: 'p1', n: 1 }
  for (const id of ['m1', 'm2', 'm3']) seqs.push(await stored(store, delivery(id)))
  seqs.push(await stored(store, delivery('m4', { recipients: ['carol'], from })))
  seqs.push(await stored(store, logged('channel:a', 'm5', { retain: 'keep' })))
  const shelf = await stored(store, shelved('m6', { inbox: 'carol' }))
  await stored(store, { envelope: sampleEnvelope({ id: 'm7' }), dead: 'timeout' })
  await commit(store, { records: [{ kind: 'k', key: 'a', value: 1 }] })
  return { seqs, shelf }
}

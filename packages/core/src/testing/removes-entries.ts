import assert from 'node:assert/strict'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { commit, delivery, onShelf, plain, sampleEnvelope, stored, waiting } from './sample.ts'

/** The part of the inbox store contract about entries that leave their inbox out of turn, and those whose time is over. */
export function removesEntries(test: DeclareStoreTest): void {
  removes(test)
  shelvesRemoved(test)
  tellsExpired(test)
}

function removes(test: DeclareStoreTest): void {
  test('an entry can be taken out between others, from one inbox', async (store) => {
    const recipients = ['bob', 'carol']
    const seqs: number[] = []
    for (const id of ['m1', 'm2', 'm3']) seqs.push(await stored(store, delivery(id, { recipients })))
    await commit(store, { removals: [{ inbox: 'bob', seq: seqs[1] ?? 0 }] })
    assert.deepEqual(
      [await waiting(store), await waiting(store, 'carol')],
      [
        ['m1', 'm3'],
        ['m1', 'm2', 'm3'],
      ],
    )
    assert.deepEqual((await store.inspect('bob')).bytes, 270)
    await commit(store, { removals: [{ inbox: 'bob', seq: seqs[0] ?? 0 }] })
    assert.deepEqual(await waiting(store), ['m3'])
    await commit(store, { acknowledgements: [{ inbox: 'bob', seq: seqs[2] ?? 0 }] })
    assert.deepEqual(await waiting(store), [])
  })

  test('the outcome tells whether it was there and how full the inbox is now', async (store) => {
    const [one, two] = [await stored(store, delivery('m1')), await stored(store, delivery('m2'))]
    const { removals } = await commit(store, {
      removals: [
        { inbox: 'bob', seq: one },
        { inbox: 'bob', seq: two },
        { inbox: 'bob', seq: two },
        { inbox: 'carol', seq: two },
        { inbox: 'bob', seq: two + 1 },
      ],
      appends: [delivery('m3')],
    })
    assert.deepEqual(
      removals.map(({ found }) => found),
      [true, true, false, false, false],
    )
    assert.deepEqual(new Set(removals.map(({ fill }) => fill)), new Set([1 / 1000, 0]))
    assert.deepEqual(await waiting(store), ['m3'])
  })

  test(
    'a removal makes room for the appends of its own commit',
    async (store) => {
      const seq = await stored(store, delivery('m1'))
      const { appends } = await commit(store, { removals: [{ inbox: 'bob', seq }], appends: [delivery('m2')] })
      assert.deepEqual([appends[0]?.state, await waiting(store)], ['stored', ['m2']])
    },
    { messages: 1 },
  )
}

function shelvesRemoved(test: DeclareStoreTest): void {
  test('an entry that is to come back waits on the shelf, with a position of its own', async (store, clock) => {
    const envelope = sampleEnvelope({ headers: { a: 'b' } })
    const seq = await stored(store, { envelope, recipients: ['bob', 'carol'] })
    const to = { dueAt: clock.now() + 5, attempt: 2 }
    await commit(store, { removals: ['bob', 'carol'].map((inbox) => ({ inbox, seq, to })) })
    const entries = await store.shelf({ kind: 'scheduled', limit: 10 })
    const at = clock.now()
    assert.deepEqual(
      plain(entries),
      ['bob', 'carol'].map((inbox, index) => ({ seq: entries[index]?.seq, envelope, inbox, ...to, at })),
    )
    assert.ok((entries[0]?.seq ?? 0) > seq && (entries[1]?.seq ?? 0) > (entries[0]?.seq ?? 0))
    assert.equal((await store.inspect('bob')).newest, entries[1]?.seq)
    assert.deepEqual([await waiting(store), await waiting(store, 'carol')], [[], []])
  })

  test('an entry that is given up is a dead letter', async (store) => {
    const seq = await stored(store, delivery('m1'))
    const to = { dead: 'timeout', attempt: 16 } as const
    await commit(store, {
      removals: [
        { inbox: 'bob', seq, to },
        { inbox: 'bob', seq, to },
      ],
    })
    const [entry, ...more] = await store.shelf({ kind: 'dead', limit: 10 })
    assert.deepEqual([entry?.dead, entry?.attempt, entry?.inbox, more], ['timeout', 16, 'bob', []])
    assert.equal((await store.inspect('bob')).messages, 0)
  })

  test('what is not there does not come onto the shelf', async (store) => {
    await commit(store, { removals: [{ inbox: 'bob', seq: 1, to: { dueAt: 5, attempt: 2 } }] })
    assert.deepEqual(await onShelf(store, 'scheduled'), [])
  })

  test('an attempt is kept with its entry', async (store) => {
    await stored(store, delivery('m1', { attempt: 3 }))
    await stored(store, delivery('m2'))
    const attempts = (await store.read('bob', 0, 10)).map(({ attempt }) => attempt)
    assert.deepEqual(attempts, [3, undefined])
  })
}

function tellsExpired(test: DeclareStoreTest): void {
  test('who asked for receipts is found when its time is over, until it is removed; others vanish', async (store, clock) => {
    const expiresAt = clock.now() + 1000
    const asks = sampleEnvelope({ id: 'm1', expiresAt, receipts: true })
    const seq = await stored(store, { envelope: asks, recipients: ['bob', 'carol'], attempt: 2 })
    await stored(store, { envelope: sampleEnvelope({ id: 'm2', expiresAt }), recipients: ['bob'] })
    await stored(store, delivery('m3'))
    assert.deepEqual(await store.expired(clock.now(), 10), [])
    clock.advance(1000)
    const expected = (inbox: string) => ({ inbox, seq, envelope: asks, attempt: 2 })
    const found = plain(await store.expired(clock.now(), 10)) as { readonly inbox: string }[]
    found.sort((a, b) => (a.inbox < b.inbox ? -1 : 1))
    assert.deepEqual(found, [expected('bob'), expected('carol')])
    assert.equal((await store.expired(clock.now(), 1)).length, 1)
    assert.deepEqual([await waiting(store), (await store.inspect('bob')).messages], [['m3'], 1])
    const { removals } = await commit(store, { removals: ['bob', 'bob', 'carol'].map((inbox) => ({ inbox, seq })) })
    assert.deepEqual(
      removals.map((each) => each.found),
      [true, false, true],
    )
    assert.deepEqual(await store.expired(clock.now(), 10), [])
  })

  test(
    'what is older than an inbox keeps it has expired, too',
    async (store, clock) => {
      await stored(store, { envelope: sampleEnvelope({ receipts: true }), recipients: ['bob'] })
      clock.advance(50)
      assert.deepEqual(
        (await store.expired(clock.now(), 10)).map(({ inbox }) => inbox),
        ['bob'],
      )
    },
    { ageMs: 50 },
  )

  test('what was acknowledged after its time was over is not found', async (store, clock) => {
    const envelope = sampleEnvelope({ expiresAt: clock.now() + 10, receipts: true })
    const seq = await stored(store, { envelope, recipients: ['bob'] })
    clock.advance(10)
    assert.equal((await store.expired(clock.now(), 10)).length, 1)
    await commit(store, { acknowledgements: [{ inbox: 'bob', seq }] })
    assert.deepEqual(await store.expired(clock.now(), 10), [])
  })

  test(
    'what has expired takes no room, though it asked for receipts',
    async (store, clock) => {
      for (const id of ['m1', 'm2', 'm3']) {
        const envelope = sampleEnvelope({ id, expiresAt: clock.now() + 10, receipts: true })
        await stored(store, { envelope, recipients: ['bob'] })
        clock.advance(10)
      }
      assert.equal((await store.expired(clock.now(), 10)).length, 1)
    },
    { messages: 1 },
  )
}

import assert from 'node:assert/strict'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { append, commit, delivery, onShelf, plain, sampleEnvelope, shelved, stored, waiting } from './sample.ts'

const full = { state: 'refused', code: 'inbox_full' }

/** The part of the inbox store contract about what waits for a time, and what is dead. */
export function keepsShelf(test: DeclareStoreTest): void {
  shelves(test)
  findsDue(test)
  takesOnce(test)
  keepsPlaces(test)
  buries(test)
}

function shelves(test: DeclareStoreTest): void {
  test('an envelope waits on the shelf as it came, and in no inbox', async (store, clock) => {
    clock.advance(7)
    const envelope = sampleEnvelope({ headers: { a: 'b' }, receipts: true })
    const at = clock.now()
    const seq = await stored(store, { envelope, dueAt: at + 50, inbox: 'bob', attempt: 3 })
    const other = await stored(store, { envelope, dueAt: at + 40 })
    const entries = await store.shelf({ kind: 'scheduled', limit: 10 })
    assert.deepEqual(plain(entries), [
      { seq, envelope, inbox: 'bob', attempt: 3, dueAt: at + 50, at },
      { seq: other, envelope, attempt: 1, dueAt: at + 40, at },
    ])
    assert.deepEqual([await waiting(store), await onShelf(store, 'dead')], [[], []])
    assert.equal((await store.inspect('bob')).messages, 0)
    assert.equal((await store.inspect('bob')).newest, other)
  })

  test('what waits is remembered as sent: it is no second time', async (store) => {
    const from = { producer: 'p1', n: 1 }
    const first = await append(store, shelved('m1', { from }))
    assert.deepEqual([first.state, first.state === 'stored' && first.fill], ['stored', []])
    assert.deepEqual(await append(store, shelved('m1', { from })), { state: 'duplicate' })
    assert.equal(await store.lastAccepted('p1'), 1)
    assert.deepEqual(await onShelf(store, 'scheduled'), ['m1'])
  })

  test('what is unshelved is gone, whether it waited or was dead; what is not there does not matter', async (store) => {
    const [one, two] = [await stored(store, shelved('m1')), await stored(store, shelved('m2', { inbox: 'carol' }))]
    const three = await stored(store, { envelope: sampleEnvelope({ id: 'm3' }), dead: 'timeout' })
    await commit(store, { unshelve: [one, three, 999] })
    await commit(store, { unshelve: [one] })
    assert.deepEqual([await onShelf(store, 'scheduled'), await onShelf(store, 'dead')], [['m2'], []])
    await commit(store, { unshelve: [two] })
    assert.equal(await store.nextDue(), undefined)
  })

  test('who is forgotten has nothing on the shelf any more but dead letters', async (store) => {
    await stored(store, shelved('m1'))
    await stored(store, shelved('m2', { inbox: 'carol' }))
    await stored(store, { envelope: sampleEnvelope({ id: 'm3' }), dead: 'timeout', inbox: 'bob' })
    await commit(store, { forget: ['bob'] })
    assert.deepEqual([await onShelf(store, 'scheduled'), await onShelf(store, 'dead')], [['m2'], ['m3']])
  })

  test('nothing on the shelf expires', async (store, clock) => {
    const envelope = sampleEnvelope({ expiresAt: clock.now() + 10 })
    await stored(store, { envelope, dueAt: clock.now() + 20, inbox: 'bob' })
    await stored(store, { envelope, dead: 'timeout' })
    clock.advance(365 * 86_400_000)
    assert.deepEqual([await onShelf(store, 'scheduled'), await onShelf(store, 'dead')], [['m1'], ['m1']])
    assert.deepEqual(await store.expired(clock.now(), 10), [])
  })
}

function findsDue(test: DeclareStoreTest): void {
  test('the store tells when the first one is due, also after that one has gone', async (store) => {
    assert.equal(await store.nextDue(), undefined)
    const seqs: number[] = []
    for (const dueAt of [300, 100, 200, 100]) seqs.push(await stored(store, shelved(`m${dueAt}`, { dueAt })))
    await stored(store, { envelope: sampleEnvelope(), dead: 'timeout' })
    assert.equal(await store.nextDue(), 100)
    await commit(store, { unshelve: [seqs[1] ?? 0] })
    assert.equal(await store.nextDue(), 100)
    await commit(store, { appends: [delivery('m', { takes: seqs[3] ?? 0 })] })
    assert.equal(await store.nextDue(), 200)
    await stored(store, shelved('m50', { dueAt: 50 }))
    assert.equal(await store.nextDue(), 50)
    await commit(store, { forget: ['bob'] })
    assert.equal(await store.nextDue(), undefined)
  })

  test('what is due is found page by page, by position', async (store) => {
    const seqs: number[] = []
    for (const dueAt of [300, 100, 200, 100]) seqs.push(await stored(store, shelved(`m${dueAt}`, { dueAt })))
    const due = async (until: number, after: number, limit: number): Promise<number[]> =>
      (await store.shelf({ kind: 'scheduled', until, after, limit })).map(({ seq }) => seq)
    assert.deepEqual(await due(99, 0, 10), [])
    assert.deepEqual(await due(200, 0, 10), seqs.slice(1))
    assert.deepEqual(await due(200, 0, 2), seqs.slice(1, 3))
    assert.deepEqual(await due(200, seqs[2] ?? 0, 2), seqs.slice(3))
    assert.deepEqual(await due(1000, 0, 0), [])
  })

  test('the entries of one inbox are found', async (store) => {
    await stored(store, shelved('m1'))
    const seq = await stored(store, shelved('m2', { inbox: 'carol' }))
    const dead = await stored(store, { envelope: sampleEnvelope({ id: 'm3' }), dead: 'timeout', inbox: 'carol' })
    const found = [
      ...(await store.shelf({ kind: 'scheduled', inbox: 'carol', limit: 10 })),
      ...(await store.shelf({ kind: 'dead', inbox: 'carol', limit: 10 })),
    ]
    assert.deepEqual(
      found.map((entry) => entry.seq),
      [seq, dead],
    )
  })
}

function takesOnce(test: DeclareStoreTest): void {
  test('what is due goes into its inbox in one commit, with a new position, and only once', async (store) => {
    const seq = await stored(store, shelved('m1', { attempt: 2 }))
    const [late, again] = [delivery('m1', { takes: seq, attempt: 2 }), delivery('m1', { takes: seq, attempt: 2 })]
    const { appends } = await commit(store, { appends: [late, again] })
    assert.deepEqual(
      appends.map(({ state }) => state),
      ['stored', 'duplicate'],
    )
    assert.deepEqual(await append(store, again), { state: 'duplicate' })
    const [entry, ...more] = await store.read('bob', 0, 10)
    assert.ok((entry?.seq ?? 0) > seq)
    assert.deepEqual([entry?.attempt, more, await onShelf(store, 'scheduled')], [2, [], []])
  })

  test('what is unshelved in the same commit is not taken any more', async (store) => {
    const seq = await stored(store, shelved('m1'))
    const { appends } = await commit(store, { unshelve: [seq], appends: [delivery('m1', { takes: seq })] })
    assert.deepEqual([appends, await waiting(store)], [[{ state: 'duplicate' }], []])
  })

  test('one that takes an entry of the shelf may go back onto it, or die', async (store) => {
    const first = await stored(store, shelved('m1'))
    const second = await stored(store, shelved('m1', { takes: first, attempt: 2, dueAt: 5 }))
    assert.deepEqual(await append(store, shelved('m1', { takes: first })), { state: 'duplicate' })
    assert.equal(await store.nextDue(), 5)
    const { envelope } = shelved('m1')
    const third = await stored(store, { envelope, takes: second, dead: 'inbox_full', inbox: 'bob', attempt: 2 })
    assert.deepEqual([await onShelf(store, 'scheduled'), await onShelf(store, 'dead')], [[], ['m1']])
    await stored(store, delivery('m1', { takes: third }))
    assert.deepEqual([await waiting(store), await onShelf(store, 'dead')], [['m1'], []])
  })

  test(
    'what a full inbox refuses stays on the shelf',
    async (store) => {
      const seq = await stored(store, { envelope: sampleEnvelope({ id: 'm2' }), dueAt: 5 })
      await stored(store, delivery('m1'))
      assert.deepEqual(await append(store, delivery('m2', { takes: seq })), full)
      assert.deepEqual(await onShelf(store, 'scheduled'), ['m2'])
    },
    { messages: 1 },
  )
}

function keepsPlaces(test: DeclareStoreTest): void {
  test(
    'what waits for an inbox has its place there: others find it taken, and it comes back although the rest is full',
    async (store) => {
      const seq = await stored(store, delivery('m1'))
      const { removals } = await commit(store, { removals: [{ inbox: 'bob', seq, to: { dueAt: 5, attempt: 2 } }] })
      assert.deepEqual(removals, [{ found: true, fill: 0.5 }])
      const outcome = await append(store, delivery('m2'))
      assert.deepEqual(outcome.state === 'stored' && outcome.fill, [1])
      assert.deepEqual(await append(store, delivery('m3')), full)
      assert.deepEqual(await append(store, shelved('m3')), full)
      const [entry] = await store.shelf({ kind: 'scheduled', limit: 1 })
      await stored(store, delivery('m1', { takes: entry?.seq ?? 0, attempt: 2 }))
      assert.deepEqual(await waiting(store), ['m2', 'm1'])
      assert.deepEqual(await append(store, delivery('m4')), full)
    },
    { messages: 2 },
  )

  test(
    'the place is free when what waits is dropped, dies or goes elsewhere',
    async (store) => {
      const { envelope } = shelved('m1')
      for (const leave of [
        (takes: number) => commit(store, { unshelve: [takes] }),
        (takes: number) => append(store, { envelope, takes, dead: 'timeout', inbox: 'bob' }),
        (takes: number) => append(store, delivery('m1', { takes, recipients: ['carol'] })),
        (takes: number) => append(store, shelved('m1', { takes, inbox: 'dave' })),
      ]) {
        await leave(await stored(store, shelved('m1')))
        const seq = await stored(store, delivery('m2'))
        assert.deepEqual((await commit(store, { acknowledgements: [{ inbox: 'bob', seq }] })).fill, [0])
      }
    },
    { messages: 1 },
  )

  test(
    'the place counts in bytes, too',
    async (store) => {
      await stored(store, shelved('m1'))
      assert.deepEqual(await append(store, delivery('m2')), full)
    },
    { bytes: 2 * 135 - 1 },
  )

  test(
    'as many may wait without an inbox as the bounds say; one more is refused with store_full',
    async (store) => {
      const entry = { envelope: sampleEnvelope(), dueAt: 5 }
      const [first] = [await stored(store, entry), await stored(store, entry)]
      assert.deepEqual(await append(store, entry), { state: 'refused', code: 'store_full' })
      await stored(store, shelved('m2'))
      await commit(store, { unshelve: [first ?? 0] })
      await stored(store, entry)
    },
    {},
    { scheduled: 2 },
  )
}

function buries(test: DeclareStoreTest): void {
  test('a dead letter says why, and whose it was', async (store, clock) => {
    const envelope = sampleEnvelope({ id: 'm1' })
    const seq = await stored(store, { envelope, dead: 'unknown_recipient', attempt: 16, inbox: 'bob' })
    const at = clock.now()
    assert.deepEqual(plain(await store.shelf({ kind: 'dead', limit: 10 })), [
      { seq, envelope, inbox: 'bob', attempt: 16, dead: 'unknown_recipient', at },
    ])
    assert.deepEqual([await onShelf(store, 'scheduled'), await store.nextDue()], [[], undefined])
  })

  test(
    'when there are too many dead letters the oldest go',
    async (store) => {
      for (const id of ['m1', 'm2', 'm3']) {
        await stored(store, { envelope: sampleEnvelope({ id }), dead: 'timeout', inbox: 'bob' })
      }
      assert.deepEqual(await onShelf(store, 'dead'), ['m2', 'm3'])
      assert.equal((await store.inspect('bob')).messages, 0)
    },
    {},
    { deadLetters: 2 },
  )
}

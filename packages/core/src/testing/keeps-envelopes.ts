import assert from 'node:assert/strict'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { delivery, plain, sampleEnvelope, stored, waiting } from './sample.ts'

/** The part of the inbox store contract about what is in an inbox, and where. */
export function keepsEnvelopes(test: DeclareStoreTest): void {
  test('an envelope is read as it was stored, however often', async (store) => {
    const more = { receipts: true, priority: 7 } as const
    const headers = { trace: 'abc', __proto__x: 'ü' }
    const envelope = sampleEnvelope({
      headers,
      replyTo: 'group:ops',
      expiresAt: 1_800_000_000_000,
      sec: { v: [1] },
      ...more,
    })
    const seq = await stored(store, { envelope, recipients: ['bob'] })
    for (let time = 0; time < 2; time++) assert.deepEqual(plain(await store.read('bob', 0, 10)), [{ seq, envelope }])
  })

  test('the body is kept although the buffer that it came in is used again', async (store) => {
    const buffer = new TextEncoder().encode('......"first"......')
    const bytes = buffer.subarray(6, 13)
    await stored(store, { envelope: sampleEnvelope({ body: { format: 'json', bytes } }), recipients: ['bob'] })
    buffer.fill(0)
    const [entry] = await store.read('bob', 0, 1)
    assert.equal(new TextDecoder().decode(entry?.envelope.body.bytes), '"first"')
  })

  ordersPositions(test)
  acknowledges(test)
  inspects(test)
  closes(test)
}

function ordersPositions(test: DeclareStoreTest): void {
  test('an envelope has the same position in every inbox', async (store) => {
    await stored(store, delivery('m1', { recipients: ['carol'] }))
    const seq = await stored(store, delivery('m2', { recipients: ['bob', 'carol'] }))
    const [bob, carol] = [await store.read('bob', 0, 10), await store.read('carol', 0, 10)]
    assert.deepEqual([bob.at(-1)?.seq, carol.at(-1)?.seq], [seq, seq])
  })

  test('positions only grow, whoever receives and whatever is acknowledged', async (store) => {
    const seqs: number[] = []
    for (const inbox of ['bob', 'carol', 'bob', 'dave']) {
      const seq = await stored(store, delivery('m', { recipients: [inbox] }))
      seqs.push(seq)
      await store.commit({ appends: [], acknowledgements: [{ inbox, seq }] })
    }
    assert.ok((seqs[0] ?? 0) > 0, 'the first position is above 0')
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
    )
  })

  test('the order is that of the appends, within a commit and from one to the next', async (store) => {
    await Promise.all([
      store.commit({ appends: [delivery('m1'), delivery('m2')], acknowledgements: [] }),
      store.commit({ appends: [delivery('m3')], acknowledgements: [] }),
      store.commit({ appends: [delivery('m4'), delivery('m5')], acknowledgements: [] }),
    ])
    assert.deepEqual(await waiting(store), ['m1', 'm2', 'm3', 'm4', 'm5'])
  })

  test('an inbox is read page by page', async (store) => {
    const ids = Array.from({ length: 7 }, (_, index) => `m${index}`)
    await store.commit({
      appends: ids.map((id) => delivery(id)).flatMap((own) => [own, delivery('x', { recipients: ['carol'] })]),
      acknowledgements: [],
    })
    const pages: string[][] = []
    let page = await store.read('bob', 0, 3)
    while (page.length > 0) {
      pages.push(page.map(({ envelope }) => envelope.id))
      page = await store.read('bob', page.at(-1)?.seq ?? 0, 3)
    }
    assert.deepEqual(pages, [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
    assert.deepEqual(await store.read('bob', 0, 0), [])
  })
}

function acknowledges(test: DeclareStoreTest): void {
  test('an acknowledged envelope is gone, and so is what came before it', async (store) => {
    await stored(store, delivery('m1'))
    const seq = await stored(store, delivery('m2'))
    await stored(store, delivery('m3'))
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
    assert.deepEqual(await waiting(store), ['m3'])
  })

  test('what leaves out of turn is on the shelf although its commit acknowledges what came after it', async (store) => {
    const [first, second] = [await stored(store, delivery('m1')), await stored(store, delivery('m2'))]
    const removals = [{ inbox: 'bob', seq: first, to: { dueAt: 1_700_000_001_000, attempt: 2 } }]
    const outcome = await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq: second }], removals })
    assert.equal(outcome.removals[0]?.found, true)
    assert.deepEqual(await waiting(store), [])
    const shelf = await store.shelf({ kind: 'scheduled', limit: 10 })
    assert.deepEqual(
      shelf.map(({ envelope, attempt }) => [envelope.id, attempt]),
      [['m1', 2]],
    )
  })

  test('an acknowledgement leaves the other inboxes alone', async (store) => {
    const seq = await stored(store, delivery('m1', { recipients: ['bob', 'carol'] }))
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
    assert.deepEqual([await waiting(store, 'bob'), await waiting(store, 'carol')], [[], ['m1']])
  })

  test('acknowledging a position that is behind changes nothing', async (store) => {
    const [first, second] = [await stored(store, delivery('m1')), await stored(store, delivery('m2'))]
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq: second }] })
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq: first }] })
    assert.equal((await store.inspect('bob')).position.seq, second)
  })

  test('acknowledging a position that is not there yet swallows nothing that comes later', async (store) => {
    const seq = await stored(store, delivery('m1'))
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq: seq + 1_000_000 }] })
    assert.equal((await store.inspect('bob')).position.seq, seq)
    const next = await stored(store, delivery('m2'))
    assert.deepEqual(await waiting(store), ['m2'])
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq: next }] })
    assert.deepEqual(await waiting(store), [])
  })

  test('acknowledging in an inbox that does not exist is harmless', async (store) => {
    const { fill } = await store.commit({ appends: [], acknowledgements: [{ inbox: 'nobody', seq: 5 }] })
    assert.deepEqual(fill, [0])
    await stored(store, delivery('m1', { recipients: ['nobody'] }))
    assert.deepEqual(await waiting(store, 'nobody'), ['m1'])
  })
}

function inspects(test: DeclareStoreTest): void {
  test('an inbox tells its acknowledged position and its size', async (store) => {
    const first = await stored(store, delivery('m1'))
    await store.commit({ appends: [delivery('m2'), delivery('m3')], acknowledgements: [{ inbox: 'bob', seq: first }] })
    const { position, messages, bytes } = await store.inspect('bob')
    // 7 bytes of body and the fixed share of 128 each.
    assert.deepEqual({ seq: position.seq, messages, bytes }, { seq: first, messages: 2, bytes: 270 })
  })

  test('an inbox that never got anything is empty and at the newest position', async (store) => {
    const seq = await stored(store, delivery('m1'))
    const { position, messages, bytes } = await store.inspect('nobody')
    assert.deepEqual({ seq: position.seq, messages, bytes }, { seq, messages: 0, bytes: 0 })
  })

  test('every inbox is in the same epoch', async (store) => {
    await stored(store, delivery('m1'))
    const epochs = [(await store.inspect('bob')).position.epoch, (await store.inspect('nobody')).position.epoch]
    assert.equal(epochs[0], epochs[1])
    assert.notEqual(epochs[0], '')
  })
}

function closes(test: DeclareStoreTest): void {
  test('a closed store refuses every use with closed, and can be closed again', async (store) => {
    await store[Symbol.asyncDispose]()
    const uses = [
      () => store.commit({ appends: [delivery('m1')], acknowledgements: [] }),
      () => store.read('bob', 0, 1),
      () => store.inspect('bob'),
      () => store.lastAccepted('p1'),
      () => store.readLog({ to: 'all' }, 0, 1),
      () => store.behindLast({ to: 'all' }, 1),
      () => store.logs('channel'),
      () => store.retained(() => true),
      () => store.shelf({ kind: 'dead', limit: 1 }),
      () => store.nextDue(),
      () => store.expired(0, 1),
      () => store.records('k'),
    ]
    for (const use of uses) await assert.rejects(use, { name: 'PosthouseError', code: 'closed' })
    await store[Symbol.asyncDispose]()
  })
}

import assert from 'node:assert/strict'
import type { InboxStore } from '../store.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { append, commit, inLog, logged, plain, sampleEnvelope, stored } from './sample.ts'

/** The part of the inbox store contract about retained values. */
export function keepsRetained(test: DeclareStoreTest): void {
  test('the retained value of an address is the last one that asked for it', async (store) => {
    const first = await stored(store, logged('channel:a', 'm1', { retain: 'keep' }))
    await stored(store, logged('channel:b', 'm2', { retain: 'keep' }))
    await stored(store, logged('channel:a', 'm3'))
    assert.deepEqual(await ids(store), ['m1', 'm2'])
    const envelope = sampleEnvelope({ id: 'm4', to: 'channel:a', headers: { a: 'b' } })
    const seq = await stored(store, { envelope, recipients: [], retain: 'keep' })
    assert.ok(seq > first)
    assert.deepEqual(await ids(store), ['m2', 'm4'])
    assert.deepEqual(plain(await store.retained((to) => to === 'channel:a')), [{ seq, envelope }])
  })

  test('the matcher is asked about addresses, and decides', async (store) => {
    await stored(store, logged('channel:a', 'm1', { retain: 'keep' }))
    await stored(store, logged('channel:b', 'm2', { retain: 'keep' }))
    assert.deepEqual(await ids(store, (to) => to.endsWith('b')), ['m2'])
    assert.deepEqual(await ids(store, () => false), [])
  })

  test('a value is taken away by one that clears it, which is not retained itself', async (store) => {
    await stored(store, logged('channel:a', 'm1', { retain: 'keep' }))
    await stored(store, logged('channel:a', 'm2', { retain: 'clear' }))
    await stored(store, logged('channel:b', 'm3', { retain: 'clear' }))
    assert.deepEqual(await ids(store), [])
    assert.deepEqual(await inLog(store, 'channel:a'), ['m1', 'm2'])
  })

  test('a value stays when the log is trimmed, and goes when it expires', async (store, clock) => {
    const expiresAt = clock.now() + 1000
    const log = { messages: 1, ageMs: 10 }
    const envelope = sampleEnvelope({ id: 'm1', to: 'channel:a', expiresAt })
    await stored(store, { envelope, recipients: [], log, retain: 'keep' })
    await stored(store, logged('channel:b', 'm2', { retain: 'keep', log }))
    clock.advance(999)
    assert.deepEqual(await ids(store), ['m1', 'm2'])
    clock.advance(1)
    assert.deepEqual(await ids(store), ['m2'])
    clock.advance(365 * 86_400_000)
    assert.deepEqual(await ids(store), ['m2'])
  })

  test('a duplicate changes no value', async (store) => {
    const from = { producer: 'p1', n: 1 }
    await stored(store, logged('channel:a', 'm1', { from, retain: 'keep' }))
    await stored(store, logged('channel:a', 'm2', { retain: 'keep' }))
    await append(store, logged('channel:a', 'm1', { from, retain: 'keep' }))
    assert.deepEqual(await ids(store), ['m2'])
  })

  test(
    'one value more than there may be is refused with store_full; a new one for an address that has one is not',
    async (store) => {
      await stored(store, logged('channel:a', 'm1', { retain: 'keep' }))
      const outcome = await append(store, logged('channel:b', 'm2', { retain: 'keep' }))
      assert.deepEqual(outcome, { state: 'refused', code: 'store_full' })
      assert.deepEqual(await inLog(store, 'channel:b'), [])
      await stored(store, logged('channel:a', 'm3', { retain: 'keep' }))
      await commit(store, { appends: [logged('channel:a', 'm4', { retain: 'clear' })] })
      await stored(store, logged('channel:b', 'm5', { retain: 'keep' }))
      assert.deepEqual(await ids(store), ['m5'])
    },
    {},
    { retained: 1 },
  )
}

async function ids(store: InboxStore, matches: (to: string) => boolean = () => true): Promise<string[]> {
  return (await store.retained(matches)).map(({ envelope }) => envelope.id)
}

import assert from 'node:assert/strict'
import type { CallStore, CallStoreBounds, KeptCall } from '../call-store.ts'
import { ManualClock } from '../clock.ts'
import type { ContractTest } from './contract-test.ts'

/** Settings that the contract opens stores with. */
export interface CallStoreSettings extends CallStoreBounds {
  readonly clock: ManualClock
}

/** Opens an empty store. The contract closes it. */
export type OpenCallStore = (settings: CallStoreSettings) => CallStore | Promise<CallStore>

const call = (id: string, fields: Partial<KeptCall> = {}): KeptCall => ({
  caller: 'ana',
  id,
  procedure: 'user.get',
  inputHash: 'hash',
  at: 1_700_000_000_000,
  deadline: 1_700_000_030_000,
  state: 'done',
  answer: '{"ok":true}',
  ...fields,
})

type Declare = (
  name: string,
  check: (store: CallStore, clock: ManualClock) => Promise<void>,
  bounds?: CallStoreBounds,
) => void

/** A callback that is owed. */
const owed = { id: 'cb_1', url: 'http://example.org/', attempts: 0, nextAt: 1_700_000_000_000 }
const given = { id: 'cb_1', url: 'http://example.org/', attempts: 9, lastError: 'refused' }

/**
 * Declares the tests that every store of calls must pass.
 * @example callStoreContract(test, (settings) => new MemoryCallStore(settings))
 */
export function callStoreContract(test: ContractTest, open: OpenCallStore): void {
  const declare: Declare = (name, check, bounds = {}) => {
    test(name, async () => {
      const clock = new ManualClock()
      await using store = await open({ ...bounds, clock })
      await check(store, clock)
    })
  }

  remembers(declare)
  finds(declare)
  forgets(declare)
}

function remembers(declare: Declare): void {
  declare('a call is remembered as it was put, and what is put later takes its place', async (store) => {
    assert.equal(await store.get('ana', 'r1'), undefined)
    await store.put(call('r1', { state: 'begun', answer: undefined, request: '{}' }))
    assert.equal((await store.get('ana', 'r1'))?.state, 'begun')
    await store.put(call('r1', { callback: owed }))
    assert.partialDeepStrictEqual(await store.get('ana', 'r1'), call('r1', { callback: owed }))
    assert.equal(store.size, 1)
  })

  declare('what was put is there before it is safe', async (store) => {
    const putting = store.put(call('r1'))
    assert.equal((await store.get('ana', 'r1'))?.id, 'r1')
    await putting
  })

  declare('callers do not see the calls of others, whatever their names', async (store) => {
    await store.put(call('r1'))
    await store.put(call('r1', { caller: 'bob', answer: '{"ok":false}' }))
    assert.equal((await store.get('ana', 'r1'))?.answer, '{"ok":true}')
    assert.equal((await store.get('bob', 'r1'))?.answer, '{"ok":false}')
    assert.equal(await store.get('an', 'ar1'), undefined)
  })

  declare('a call can be forgotten', async (store) => {
    await store.put(call('r1'))
    await store.remove('ana', 'r1')
    await store.remove('ana', 'r2')
    assert.equal(await store.get('ana', 'r1'), undefined)
    assert.equal(store.size, 0)
  })
}

function finds(declare: Declare): void {
  declare('what something is to be done about is found, the oldest first', async (store) => {
    await store.put(call('taken', { state: 'taken', at: 3 }))
    await store.put(call('begun', { state: 'begun', at: 2 }))
    await store.put(call('owed', { callback: owed, at: 1 }))
    await store.put(call('given', { callback: given, at: 1 }))
    await store.put(call('done', { at: 1 }))
    const ids = async (which: 'unfinished' | 'owed' | 'given-up') => (await store.find({ which })).map(({ id }) => id)
    assert.deepEqual((await ids('unfinished')).sort(), ['begun', 'taken'])
    assert.deepEqual(await ids('owed'), ['owed'])
    assert.deepEqual(await ids('given-up'), ['given'])
    assert.equal((await store.find({ which: 'unfinished', limit: 1 })).length, 1)
    assert.equal((await store.find({ which: 'unfinished', limit: Number.POSITIVE_INFINITY })).length, 2)
    await store.put(call('owed', { at: 1 }))
    assert.deepEqual(await ids('owed'), [])
  })
}

function forgets(declare: Declare): void {
  declare(
    'an old call is forgotten',
    async (store, clock) => {
      await store.put(call('r1', { at: clock.now() }))
      clock.advance(999)
      assert.equal((await store.get('ana', 'r1'))?.id, 'r1')
      clock.advance(1)
      assert.equal(await store.get('ana', 'r1'), undefined)
    },
    { ageMs: 1000 },
  )

  declare(
    'the oldest goes where there are too many, but nothing that is unfinished or owed',
    async (store) => {
      await store.put(call('begun', { state: 'begun', at: 1 }))
      await store.put(call('owed', { callback: owed, at: 1 }))
      for (let n = 0; n < 20; n++) await store.put(call(`r${n}`, { at: 10 + n }))
      assert.ok(store.size <= 8, `${store.size}`)
      assert.equal((await store.get('ana', 'begun'))?.id, 'begun')
      assert.equal((await store.get('ana', 'owed'))?.id, 'owed')
      assert.equal((await store.get('ana', 'r19'))?.id, 'r19')
      assert.equal(await store.get('ana', 'r0'), undefined)
    },
    { calls: 8, ageMs: Number.MAX_SAFE_INTEGER },
  )

  declare(
    'promises leave room for calls that are waited for',
    async (store) => {
      for (let n = 0; n < 6; n++) await store.put(call(`r${n}`, { state: 'taken' }))
      await assert.rejects(async () => store.put(call('promise', { state: 'taken' })), { code: 'store_full' })
      for (let n = 0; n < 2; n++) await store.put(call(`r${n}`, { callback: owed }))
      await assert.rejects(async () => store.put(call('promise', { state: 'taken' })), { code: 'store_full' })
      await store.put(call('begun', { state: 'begun' }))
      await store.put(call('begun'))
      assert.equal((await store.get('ana', 'begun'))?.state, 'done')
    },
    { calls: 8 },
  )

  declare(
    'nothing is taken where all that is there is unfinished',
    async (store) => {
      for (let n = 0; n < 4; n++) await store.put(call(`r${n}`, { state: 'begun' }))
      await assert.rejects(async () => store.put(call('more')), { code: 'store_full' })
      await store.put(call('r0'))
      await store.put(call('more'))
    },
    { calls: 4 },
  )

  declare('a closed store takes nothing', async (store) => {
    await store.check?.()
    await store[Symbol.asyncDispose]()
    await assert.rejects(async () => store.put(call('r1')), { code: 'closed' })
    if (store.check) await assert.rejects(store.check(), { code: 'closed' })
  })
}

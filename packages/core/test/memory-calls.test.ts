import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusyMap, type KeptCall, ManualClock, MemoryCallStore } from '@posthouse/core'
import { callStoreContract } from '@posthouse/core/testing'
import fc from 'fast-check'

/** Texts of all kinds and lengths: what has wide units, what is as long as a store keeps apart, and what is not there. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.integer({ min: 1990, max: 2060 }).map((length) => 'é'.repeat(length)),
)
const step = fc.record({
  act: fc.constantFrom('done', 'done', 'done', 'done', 'begun', 'remove', 'wait'),
  caller: fc.constantFrom('ana', 'bob', '小林'),
  id: fc.nat(60).map((n) => `r${n}`),
  answer: fc.option(text, { nil: undefined }),
  request: fc.option(text, { nil: undefined }),
})
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

const ageMs = 100_000

/** Has a store and a map do the same. */
async function take({ act, caller, id, answer, request }: Step, { store, plain, clock }: Both): Promise<void> {
  const key = `${caller} ${id}`
  if (act === 'wait') clock.advance(30_000)
  else if (act === 'remove') {
    await store.remove(caller, id)
    plain.delete(key)
  } else {
    const [at, state] = [clock.now(), act === 'done' ? 'done' : 'begun'] as const
    const call = { caller, id, procedure: `p.${id}`, inputHash: id, at, deadline: at + 1, state, request, answer }
    store.put(call)
    plain.set(key, call)
  }
  for (const [other, { at }] of plain) if (at + ageMs <= clock.now()) plain.delete(other)
  assert.deepEqual(store.get(caller, id), plain.get(key))
}

interface Both {
  readonly store: MemoryCallStore
  readonly plain: Map<string, KeptCall>
  readonly clock: ManualClock
}

describe('the memory store of calls', () => {
  callStoreContract(it, (settings) => new MemoryCallStore(settings))

  it('remembers what a plain map does, byte for byte', async () => {
    const alike = async (steps: readonly Step[]): Promise<void> => {
      const clock = new ManualClock()
      await using store = new MemoryCallStore({ clock, ageMs })
      const plain = new Map<string, KeptCall>()
      for (const each of steps) await take(each, { store, plain, clock })
      for (const call of plain.values()) assert.deepEqual(store.get(call.caller, call.id), call)
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 200 }), alike), { numRuns: 60 })
  })

  it('takes no more room than it is given, however its calls come and go', () => {
    const clock = new ManualClock()
    const store = new MemoryCallStore({ clock, calls: 1000 })
    const [at, deadline] = [clock.now(), clock.now() + 1]
    const answer = '{"ok":true}'.padEnd(100)
    for (let n = 0; n < 20_000; n++) {
      const caller = `c${n % 7}`
      store.put({ caller, id: `r${n}`, procedure: 'p', inputHash: '', at, deadline, state: 'done', answer })
    }
    assert.ok(store.size <= 1000 && store.size > 700, `${store.size}`)
    assert.equal(store.get('c1', 'r1'), undefined)
    for (let n = 19_999; n > 19_500; n--) assert.equal(store.get(`c${n % 7}`, `r${n}`)?.answer, answer)
  })
})

describe('a map whose entries come and go', () => {
  it('holds what any other map would, in its order', () => {
    const busy = new BusyMap<number, number>()
    const plain = new Map<number, number>()
    for (let n = 0; n < 20_000; n++) {
      const key = (n * 7919) % 3001
      if (n % 3 === 0) assert.equal(busy.delete(key), plain.delete(key))
      else {
        busy.set(key, n)
        plain.set(key, n)
      }
      assert.equal(busy.get(key), plain.get(key))
      assert.equal(busy.size, plain.size)
    }
    assert.deepEqual([...busy.keys()], [...plain.keys()])
    assert.deepEqual([...busy.values()], [...plain.values()])
    assert.deepEqual([...busy.entries()], [...plain.entries()])
    assert.equal(busy.has(-1), false)
    busy.clear()
    assert.equal(busy.size, 0)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusyMap, MemoryCallStore } from '@posthouse/core'
import { callStoreContract } from '@posthouse/core/testing'

describe('the memory store of calls', () => {
  callStoreContract(it, (settings) => new MemoryCallStore(settings))
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

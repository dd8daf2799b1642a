import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore, putBlob } from '@posthouse/core'

const failed = { name: 'PosthouseError', code: 'no_room' }

async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += 10) yield new Uint8Array(Math.min(10, size - at))
}

test('a memory blob store takes no more than it may hold, and forgets what did not fit', async () => {
  await using store = new MemoryBlobStore({ bytes: 100 })
  await store.begin('announced', { size: 60 })
  await assert.rejects(store.begin('too-much', { size: 41 }), failed)
  await assert.rejects(putBlob(store, { key: 'unannounced', bytes: zeros(41) }), failed)
  assert.equal(await store.upload('unannounced'), undefined)
  await putBlob(store, { key: 'fits', bytes: zeros(40) })
  await assert.rejects(putBlob(store, { key: 'one-more', bytes: zeros(1) }), failed)
  await store.remove('announced')
  await putBlob(store, { key: 'one-more', bytes: zeros(1) })
})

test('what is read from a memory blob store can be changed without changing what is kept', async () => {
  await using store = new MemoryBlobStore()
  await putBlob(store, { key: 'a', bytes: zeros(5) })
  for (const value of [1, 2]) {
    for await (const chunk of await store.read('a')) {
      assert.deepEqual(chunk, new Uint8Array(5))
      chunk.fill(value)
    }
  }
})

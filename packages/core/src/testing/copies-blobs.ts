import assert from 'node:assert/strict'
import type { DeclareBlobTest } from './blob-store-contract.ts'
import { assertFails, put, readAll, sampleBytes, sha256Of } from './sample-blob.ts'

/** The part of the blob store contract about one content under several keys, and how much more there may be. */
export function copiesBlobs(test: DeclareBlobTest): void {
  test('a copy is a file of its own with the same bytes', async (store) => {
    const bytes = sampleBytes(70_000)
    const sha256 = sha256Of(bytes)
    await put(store, 'a/1', bytes, { meta: { name: 'one' } })
    const copy = await store.copy('a/1', 'b/é 2%', { name: 'two' })
    assert.deepEqual(copy, { key: 'b/é 2%', size: 70_000, at: copy.at, sha256, meta: { name: 'two' } })
    assert.deepEqual(await store.head('b/é 2%'), copy)
    assert.deepEqual((await store.copy('b/é 2%', 'c')).meta, { name: 'two' })
    await store.remove('a/1')
    for (const key of ['b/é 2%', 'c']) assert.deepEqual(await readAll(store, key, { verify: true }), bytes)
  })

  test('nothing is copied from where nothing is, or over what is there', async (store) => {
    await put(store, 'a', sampleBytes(10))
    await store.begin('begun')
    await assertFails('unknown_file', store.copy('missing', 'b'))
    await assertFails('unknown_file', store.copy('begun', 'b'))
    await assertFails('key_in_use', store.copy('a', 'a'))
    await assertFails('key_in_use', store.copy('a', 'begun'))
    await assertFails('invalid_key', store.copy('a', '../b'))
    await assertFails('invalid_key', store.copy('../a', 'b'))
    await assertFails('invalid_option', store.copy('a', 'b', { name: 'x'.repeat(2000) }))
    assert.equal(await store.head('b'), undefined)
  })

  test('a store that finds content finds it below its prefix only', async (store) => {
    const sha256 = sha256Of(sampleBytes(10))
    await put(store, 'a/1', sampleBytes(10))
    await put(store, 'b/1', sampleBytes(11))
    if (!store.find) return
    assert.equal((await store.find('a/', sha256))?.key, 'a/1')
    assert.equal(await store.find('b/', sha256), undefined)
    await store.remove('a/1')
    assert.equal(await store.find('', sha256), undefined)
  })

  test('a store that knows its room takes what was announced off it', async (store) => {
    const before = await store.room?.()
    if (before === undefined) return
    await store.begin('a', { size: 1_000_000 })
    // Others write to the same disk.
    assert.ok(Math.abs(before - 1_000_000 - ((await store.room?.()) ?? 0)) < (before > 1e9 ? 500_000_000 : 1))
    await assertFails('no_room', store.begin('b', { size: before + 1_000_000_000_000 }))
  })
}

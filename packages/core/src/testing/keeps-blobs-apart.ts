import assert from 'node:assert/strict'
import type { DeclareBlobTest } from './blob-store-contract.ts'
import { assertFails, piecesOf, put, readAll, sampleBytes, sha256Of } from './sample-blob.ts'

/** Each of them once led two files to one place, or one file to a place outside, in some program. */
const nasty = [
  'a',
  'A',
  'a/b',
  'a%2Fb',
  'a.',
  'a ',
  ' a',
  '~',
  'con',
  'nul.txt',
  'a:b',
  'a*?"<>|',
  '...',
  '.a/..b/c..',
  '-rf',
  'caf\u00e9',
  'cafe\u0301',
  '\u{1f600}'.repeat(250),
  'x'.repeat(1023),
  "'; drop table file; --",
  'bob_1700000000000_report.pdf',
  'cross_comm/bob/1700000000000_0A1B2C3D_folder/.hidden',
]

const impossible = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/./b',
  'a/..',
  'a\\b',
  'a\0',
  'a\n',
  '\ud800',
  'x'.repeat(1024),
]

/** The part of the blob store contract about keys. */
export function keepsBlobsApart(test: DeclareBlobTest): void {
  test('each key has a file of its own, however alike the keys look', async (store) => {
    for (const [seed, key] of nasty.entries()) await put(store, key, sampleBytes(50, seed))
    for (const [seed, key] of nasty.entries()) {
      assert.deepEqual(await readAll(store, key), sampleBytes(50, seed), key)
      assert.equal((await store.head(key))?.key, key)
    }
    assert.deepEqual(new Set((await store.list()).map(({ key }) => key)), new Set(nasty))
  })

  test('a text that can be no key is refused by each method', async (store) => {
    for (const key of impossible) {
      await assertFails('invalid_key', store.begin(key))
      await assertFails('invalid_key', store.append(key, 0, piecesOf(sampleBytes(1))))
      await assertFails('invalid_key', store.complete(key))
      await assertFails('invalid_key', store.upload(key))
      await assertFails('invalid_key', store.head(key))
      await assertFails('invalid_key', store.read(key))
      await assertFails('invalid_key', store.remove(key))
      if (store.signedUrl) await assertFails('invalid_key', store.signedUrl(key, { ttlMs: 1000 }))
    }
    assert.deepEqual([await store.list(), await store.uploads()], [[], []])
  })

  test('files with the same bytes are files of their own: one that is removed leaves the other', async (store) => {
    const bytes = sampleBytes(10_000)
    const [first, second] = [await put(store, 'a/1', bytes), await put(store, 'b/1', bytes, { meta: { name: 'b' } })]
    assert.equal(first.sha256, sha256Of(bytes))
    assert.deepEqual([second.key, second.sha256, second.meta], ['b/1', first.sha256, { name: 'b' }])
    await store.remove('a/1')
    assert.equal(await store.head('a/1'), undefined)
    assert.deepEqual(await readAll(store, 'b/1', { verify: true }), bytes)
    await put(store, 'a/1', bytes)
    await store.remove('b/1')
    assert.deepEqual(await readAll(store, 'a/1', { verify: true }), bytes)
  })

  test('many uploads at once do not mix', async (store) => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed)
    // Every third has the same bytes, so that equal ones are completed at once.
    const bytesOf = (seed: number) => sampleBytes(40_000, seed % 3)
    await Promise.all(seeds.map((seed) => put(store, `many/${seed}`, bytesOf(seed))))
    for (const seed of seeds) assert.deepEqual(await readAll(store, `many/${seed}`, { verify: true }), bytesOf(seed))
  })

  test('a closed store can be closed again and refuses everything else', async (store) => {
    await put(store, 'a', sampleBytes(10))
    await store.check?.()
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await assertFails('closed', store.begin('b'))
    await assertFails('closed', store.append('b', 0, piecesOf(sampleBytes(1))))
    await assertFails('closed', store.complete('b'))
    await assertFails('closed', store.upload('b'))
    await assertFails('closed', store.head('a'))
    await assertFails('closed', store.read('a'))
    await assertFails('closed', store.remove('a'))
    await assertFails('closed', store.list())
    await assertFails('closed', store.uploads())
    if (store.check) await assertFails('closed', store.check())
  })
}

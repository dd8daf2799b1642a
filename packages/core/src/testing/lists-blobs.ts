import assert from 'node:assert/strict'
import type { BlobPage } from '../blob-store.ts'
import { sweepBlobs } from '../sweep-blobs.ts'
import type { DeclareBlobTest } from './blob-store-contract.ts'
import { piecesOf, put, sampleBytes } from './sample-blob.ts'

const keys = ['a/1', 'a/2', 'a/3', 'a_/1', 'a%/1', 'b/1', 'B/1', '\u{1f600}/1', '\uffee/1']

/** The part of the blob store contract about lists and what is swept by them. */
export function listsBlobs(test: DeclareBlobTest): void {
  lists(test)
  sweeps(test)
}

function lists(test: DeclareBlobTest): void {
  test('files are listed by how their keys begin, page by page, each once', async (store) => {
    for (const [index, key] of keys.entries()) await put(store, key, sampleBytes(index))
    await store.begin('a/unfinished')
    const listed = await pages((page) => store.list(page))
    assert.deepEqual(new Set(listed.map(({ key }) => key)), new Set(keys))
    assert.equal(listed.length, keys.length)
    for (const { key, size } of listed) assert.equal(size, keys.indexOf(key), key)
    for (const [prefix, count] of [
      ['a/', 3],
      ['a_', 1],
      ['a%', 1],
      ['b', 1],
      ['c', 0],
    ] as const) {
      const found = await pages((page) => store.list({ ...page, prefix }))
      assert.equal(found.length, count, prefix)
      for (const { key } of found) assert.ok(key.startsWith(prefix))
    }
  })

  test('uploads are listed like files, with how far they are', async (store) => {
    for (const key of keys) await store.begin(key, { size: 100, meta: { key } })
    await store.append('a/2', 0, piecesOf(sampleBytes(70)))
    await put(store, 'a/whole', sampleBytes(1))
    const listed = await pages((page) => store.uploads(page))
    assert.deepEqual(new Set(listed.map(({ key }) => key)), new Set(keys))
    for (const { key, offset, size, meta } of listed) {
      assert.deepEqual([offset, size, meta], [key === 'a/2' ? 70 : 0, 100, { key }])
    }
    assert.equal((await store.uploads({ prefix: 'a/' })).length, 3)
  })
}

function sweeps(test: DeclareBlobTest): void {
  test(
    'a sweep removes files and uploads that are older than wanted, and nothing else',
    async (store, clock) => {
      const old = ['old/1', 'old/2']
      for (const key of old) await put(store, key, sampleBytes(5))
      for (const key of ['left', 'goes-on']) await store.begin(key, { size: 100 })
      clock.advance(1000)
      const limit = clock.now()
      await put(store, 'young', sampleBytes(5))
      await store.append('goes-on', 0, piecesOf(sampleBytes(5)))
      assert.deepEqual(await sweepBlobs(store, { uploadsBefore: limit }), { uploads: 1, files: 0 })
      assert.equal(await store.upload('left'), undefined)
      assert.deepEqual(await sweepBlobs(store, { uploadsBefore: limit, filesBefore: limit }), { uploads: 0, files: 2 })
      assert.deepEqual(
        (await store.list()).map(({ key }) => key),
        ['young'],
      )
      assert.equal((await store.upload('goes-on'))?.offset, 5)
    },
    'ownTime',
  )

  test('a sweep leaves an upload that somebody writes to', async (store, clock) => {
    const [began, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    async function* slow(): AsyncGenerator<Uint8Array> {
      began.resolve()
      await goOn.promise
      yield sampleBytes(5)
    }
    await store.begin('slow')
    const writing = store.append('slow', 0, slow())
    await began.promise
    clock.advance(1000)
    assert.deepEqual(await sweepBlobs(store, { uploadsBefore: Infinity }), { uploads: 0, files: 0 })
    goOn.resolve()
    assert.equal(await writing, 5)
  })
}

/** All of a list, two entries at a time. */
async function pages<Entry extends { readonly key: string }>(
  list: (page: BlobPage) => Promise<readonly Entry[]>,
): Promise<Entry[]> {
  const all: Entry[] = []
  for (let page = await list({ limit: 2 }); page.length > 0; ) {
    assert.ok(page.length <= 2 && all.length <= 100)
    all.push(...page)
    page = await list({ limit: 2, after: page.at(-1)?.key ?? '' })
  }
  return all
}

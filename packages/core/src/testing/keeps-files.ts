import assert from 'node:assert/strict'
import { PosthouseError } from '../errors.ts'
import type { DeclareBlobTest } from './blob-store-contract.ts'
import { assertFails, piecesOf, put, readAll, sampleBytes, sha256Of } from './sample-blob.ts'

const key = 'cross_comm/bob/1700000000000_0a1b2c3d.bin'

/** The part of the blob store contract about files that are whole. */
export function keepsFiles(test: DeclareBlobTest): void {
  readsFiles(test)
  readsRanges(test)
  putsFiles(test)
  endsFiles(test)
}

function readsFiles(test: DeclareBlobTest): void {
  for (const size of [0, 1, 65_536, 200_001]) {
    test(`a file of ${size} bytes is read as it was put`, async (store) => {
      const bytes = sampleBytes(size)
      const sha256 = sha256Of(bytes)
      const info = await put(store, key, bytes, { size, sha256, meta: { name: 'ü"\n.bin' } })
      assert.deepEqual(info, { key, size, at: info.at, sha256, meta: { name: 'ü"\n.bin' } })
      assert.deepEqual(await store.head(key), info)
      assert.equal(await store.upload(key), undefined)
      assert.deepEqual(await readAll(store, key), bytes)
      assert.deepEqual(await readAll(store, key, { verify: true }), bytes)
    })
  }

  test('a file whose size and hash were not announced gets those of its bytes', async (store) => {
    const bytes = sampleBytes(1000)
    const { size, sha256, meta } = await put(store, key, bytes)
    assert.deepEqual({ size, sha256, meta }, { size: 1000, sha256: sha256Of(bytes), meta: {} })
  })

  test(
    'a file is dated by when it was completed',
    async (store, clock) => {
      await store.begin(key)
      clock.advance(5000)
      assert.equal((await store.complete(key)).at, clock.now())
    },
    'ownTime',
  )
}

function readsRanges(test: DeclareBlobTest): void {
  test('a range is read without the rest, and may end beyond the end', async (store) => {
    const bytes = sampleBytes(100_000)
    await put(store, key, bytes)
    for (const [start, end] of [
      [0, 1],
      [99_999, 100_000],
      [10, 70_000],
      [99_000, 200_000],
      [5, undefined],
      [0, 1e9],
    ] as const) {
      const range = end === undefined ? { start } : { start, end }
      assert.deepEqual(await readAll(store, key, range), bytes.subarray(start, end), `${start} to ${end}`)
    }
  })

  test('a range with no byte of the file is refused', async (store) => {
    await put(store, key, sampleBytes(100))
    for (const range of [{ start: 100 }, { start: 5, end: 5 }, { start: 7, end: 3 }, { start: -1 }, { start: 0.5 }]) {
      await assertFails('bad_range', store.read(key, range))
    }
    assert.deepEqual(await readAll(store, key, { start: 0, end: 100 }), sampleBytes(100))
  })
}

function putsFiles(test: DeclareBlobTest): void {
  test('a file that is put at once is a file like any other', async (store) => {
    if (!store.put) return
    for (const size of [0, 10, 70_000]) {
      const [at, bytes] = [`${key}-${size}`, sampleBytes(size)]
      const file = await store.put(at, bytes, { size, sha256: sha256Of(bytes), meta: { name: 'x' } })
      assert.deepEqual(file, { key: at, size, at: file.at, sha256: sha256Of(bytes), meta: { name: 'x' } })
      assert.deepEqual(await store.head(at), file)
      assert.deepEqual(await readAll(store, at, { verify: true }), bytes)
      await assertFails('key_in_use', store.put(at, bytes))
    }
    assert.deepEqual(await readAll(store, `${key}-10`, { start: 1, end: 3 }), sampleBytes(10).subarray(1, 3))
    await assertFails('content_mismatch', store.put(key, sampleBytes(10), { sha256: sha256Of(sampleBytes(11)) }))
    await assertFails('offset_mismatch', store.put(key, sampleBytes(10), { size: 11 }))
    await assertFails('file_too_large', store.put(key, sampleBytes(10), { size: 9 }))
    assert.deepEqual([await store.head(key), await store.upload(key)], [undefined, undefined])
    await store.begin(key)
    await assertFails('key_in_use', store.put(key, sampleBytes(10)))
    await store.remove(`${key}-10`)
    await assertFails('unknown_file', store.read(`${key}-10`))
  })
}

function endsFiles(test: DeclareBlobTest): void {
  test('a file that is not there cannot be read, looked at or removed', async (store) => {
    assert.equal(await store.head(key), undefined)
    assert.equal(await store.remove(key), false)
    await assertFails('unknown_file', store.read(key))
  })

  test('a file that was removed is gone, and its key is free', async (store) => {
    await put(store, key, sampleBytes(1000))
    assert.equal(await store.remove(key), true)
    assert.equal(await store.head(key), undefined)
    await assertFails('unknown_file', store.read(key))
    await put(store, key, sampleBytes(500, 2))
    assert.deepEqual(await readAll(store, key), sampleBytes(500, 2))
  })

  test('a file is never changed: its key is refused', async (store) => {
    await put(store, key, sampleBytes(1000))
    await assertFails('key_in_use', store.begin(key))
    await assertFails('unknown_file', store.append(key, 1000, piecesOf(sampleBytes(1))))
    await assertFails('unknown_file', store.complete(key))
    assert.deepEqual(await readAll(store, key), sampleBytes(1000))
  })

  test('who stops reading, or aborts, can read again', async (store) => {
    const bytes = sampleBytes(300_000)
    await put(store, key, bytes)
    for await (const chunk of await store.read(key)) {
      assert.ok(chunk.length > 0)
      break
    }
    const aborted = readAll(store, key, { signal: AbortSignal.abort() })
    await assertFails('aborted', aborted)
    const reason = new PosthouseError('draining', 'the hub leaves')
    await assertFails('draining', readAll(store, key, { signal: AbortSignal.abort(reason) }))
    assert.deepEqual(await readAll(store, key), bytes)
  })

  test(
    'what was kept is there when the store is opened again',
    async (store, _clock, reopen) => {
      const bytes = sampleBytes(30_000)
      const info = await put(store, key, bytes, { meta: { name: 'a' } })
      const again = await reopen()
      assert.deepEqual(await again.head(key), info)
      assert.deepEqual(await readAll(again, key, { verify: true }), bytes)
    },
    'lasts',
  )
}

import assert from 'node:assert/strict'
import type { DeclareBlobTest } from './blob-store-contract.ts'
import { assertFails, piecesOf, put, readAll, sampleBytes, sha256Of } from './sample-blob.ts'

const key = 'cross_comm/bob/1700000000000_0a1b2c3d.bin'
const bytes = sampleBytes(50_000)
const announced = { size: bytes.length, sha256: sha256Of(bytes), meta: { name: 'b' } }

/** The part of the blob store contract about uploads. */
export function keepsUploads(test: DeclareBlobTest): void {
  resumes(test)
  surviveSources(test)
  refuses(test)
  compares(test)
}

function resumes(test: DeclareBlobTest): void {
  test('an upload in many attempts is no file until it is completed', async (store, clock) => {
    await store.begin(key, announced)
    for (let at = 0; at < bytes.length; at += 12_500) {
      clock.advance(1000)
      const end = at + 12_500
      assert.equal(await store.append(key, at, piecesOf(bytes.subarray(at, end), 999)), end)
      const { at: _at, ...rest } = (await store.upload(key)) ?? assert.fail('the upload is there')
      assert.deepEqual(rest, { ...announced, key, offset: end })
      assert.equal(await store.head(key), undefined)
      await assertFails('unknown_file', store.read(key))
      assert.deepEqual(await store.list(), [])
    }
    const { sha256 } = await store.complete(key)
    assert.equal(sha256, announced.sha256)
    assert.deepEqual(await readAll(store, key), bytes)
  })
}

function surviveSources(test: DeclareBlobTest): void {
  test('what came before a source failed is kept, and the upload goes on from there', async (store) => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 20_000)
      throw new Error('the cable')
    }
    await store.begin(key, announced)
    await assert.rejects(store.append(key, 0, broken()), /the cable/)
    assert.equal((await store.upload(key))?.offset, 20_000)
    await store.append(key, 20_000, piecesOf(bytes.subarray(20_000)))
    await store.complete(key)
    assert.deepEqual(await readAll(store, key), bytes)
  })

  test('an attempt that is given up ends although its source says nothing, and what came is kept', async (store) => {
    const caller = new AbortController()
    let asked = false
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 100)
      asked = true
      caller.abort()
      await new Promise(() => undefined)
    }
    await store.begin(key, announced)
    await assertFails('aborted', store.append(key, 0, silent(), caller.signal))
    assert.ok(asked)
    assert.equal((await store.upload(key))?.offset, 100)
    await store.append(key, 100, piecesOf(bytes.subarray(100)))
    assert.equal((await store.complete(key)).sha256, announced.sha256)
  })

  test('a source may use its chunk again once the next is asked for', async (store) => {
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.alloc(5000)
      for (let at = 0; at < bytes.length; at += 5000) {
        bytes.copy(chunk, 0, at)
        yield chunk
        chunk.fill(0)
      }
    }
    await store.begin(key, announced)
    await store.append(key, 0, reusing())
    assert.equal((await store.complete(key)).sha256, announced.sha256)
  })
}

function refuses(test: DeclareBlobTest): void {
  test('bytes for another place than the upload is at are refused, and change nothing', async (store) => {
    await store.begin(key, announced)
    await store.append(key, 0, piecesOf(bytes.subarray(0, 1000)))
    for (const offset of [0, 999, 1001]) {
      await assertFails('offset_mismatch', store.append(key, offset, piecesOf(bytes)))
    }
    assert.equal((await store.upload(key))?.offset, 1000)
  })

  test('while one attempt writes, others are refused, and the upload cannot be completed or removed', async (store) => {
    const [began, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    async function* slow(): AsyncGenerator<Uint8Array> {
      began.resolve()
      await goOn.promise
      yield bytes
    }
    await store.begin(key, announced)
    const first = store.append(key, 0, slow())
    await began.promise
    await assertFails('upload_busy', store.append(key, 0, piecesOf(bytes)))
    await assertFails('upload_busy', store.complete(key))
    await assertFails('upload_busy', store.remove(key))
    goOn.resolve()
    assert.equal(await first, bytes.length)
    await store.complete(key)
  })

  test('more bytes than announced are refused', async (store) => {
    await store.begin(key, { size: 10 })
    await assertFails('file_too_large', store.append(key, 0, piecesOf(bytes.subarray(0, 11), 4)))
    const offset = (await store.upload(key))?.offset ?? assert.fail('the upload is there')
    await store.append(key, offset, piecesOf(bytes.subarray(offset, 10)))
    await store.complete(key)
    assert.deepEqual(await readAll(store, key), bytes.subarray(0, 10))
  })
}

function compares(test: DeclareBlobTest): void {
  test('an upload that lacks bytes is not completed, and can go on', async (store) => {
    await store.begin(key, announced)
    await store.append(key, 0, piecesOf(bytes.subarray(0, 49_999)))
    await assertFails('offset_mismatch', store.complete(key))
    await store.append(key, 49_999, piecesOf(bytes.subarray(49_999)))
    await store.complete(key)
  })

  test('an upload with other bytes than announced is refused when it is completed, and gone', async (store) => {
    const flipped = Buffer.from(bytes)
    flipped[30_000] = 255 - (flipped[30_000] ?? 0)
    await store.begin(key, announced)
    await store.append(key, 0, piecesOf(flipped))
    await assertFails('content_mismatch', store.complete(key))
    assert.equal(await store.upload(key), undefined)
    assert.equal(await store.head(key), undefined)
  })

  test('a hash that somebody names gives nobody the file that has it', async (store) => {
    await put(store, 'cross_comm/alice/1_00000000', bytes)
    await store.begin(key, announced)
    await assertFails('offset_mismatch', store.complete(key))
    assert.equal((await store.upload(key))?.offset, 0)
  })

  test('an announcement that cannot be is refused', async (store) => {
    const long = { text: 'ä'.repeat(600) }
    for (const wrong of [{ size: -1 }, { size: 0.5 }, { sha256: 'abc' }, { sha256: 'A'.repeat(64) }, { meta: long }]) {
      await assertFails('invalid_option', store.begin(key, wrong))
    }
    assert.deepEqual(await store.uploads(), [])
  })

  test(
    'an upload goes on when the store is opened again',
    async (store, _clock, reopen) => {
      await store.begin(key, announced)
      await store.append(key, 0, piecesOf(bytes.subarray(0, 23_456)))
      const before = await store.upload(key)
      const again = await reopen()
      assert.deepEqual(await again.upload(key), before)
      await again.append(key, 23_456, piecesOf(bytes.subarray(23_456)))
      await again.complete(key)
      assert.deepEqual(await readAll(again, key, { verify: true }), bytes)
    },
    'lasts',
  )
}

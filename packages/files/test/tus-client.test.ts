import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { suite, test } from 'node:test'
import { MemoryBlobStore } from '@posthouse/core'
import { Upload as TusUpload, type UploadOptions } from 'tus-js-client'
import { cuttingProxy } from './cutting-proxy.ts'
import { type RunningFiles, sampleBytes, startFiles, type Upload } from './start-files.ts'

/** Uploads with the client library of tus; resolves when it says that the upload is complete. */
async function send(
  running: RunningFiles,
  upload: Upload,
  source: Buffer | Readable,
  options: Partial<UploadOptions> = {},
): Promise<{ readonly url: string | null; readonly digest: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let digest: string | undefined
  const client = new TusUpload(source, {
    endpoint: running.at(upload.url),
    headers: { authorization: `Bearer ${upload.token}` },
    retryDelays: [0, 10, 10, 10, 10],
    onAfterResponse: (_request, response) => {
      digest = response.getHeader('repr-digest') ?? digest
    },
    onSuccess: () => resolve(),
    onError: reject,
    ...options,
  })
  client.start()
  await promise
  return { url: client.url, digest }
}

suite('the client library of tus', () => {
  test('uploads a file in chunks, and is told the SHA-256 of what arrived', async () => {
    await using running = await startFiles()
    const bytes = Buffer.from(sampleBytes(300_000))
    const upload = await running.ask('alice', 'files.upload', { name: 'a.bin', size: bytes.length })
    const metadata = { filename: 'ü.bin', filetype: 'image/png' }
    const { url, digest } = await send(running, upload, bytes, { chunkSize: 100_000, metadata })
    assert.equal(url, running.at(upload.location))
    assert.equal(digest, `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
    const file = await running.store.head(upload.key)
    assert.deepEqual([file?.size, file?.meta], [bytes.length, { name: 'ü.bin', type: 'image/png' }])
  })

  test('uploads a small file in one request, and an empty one', async () => {
    await using running = await startFiles()
    let requests = 0
    running.server.on('request', () => requests++)
    for (const size of [1000, 0]) {
      const upload = await running.ask('alice', 'files.upload', { name: 'a', size })
      await send(running, upload, Buffer.from(sampleBytes(size)), { uploadDataDuringCreation: true })
      assert.equal((await running.store.head(upload.key))?.size, size)
    }
    assert.equal(requests, 2)
  })

  test('uploads a stream of unknown length', async () => {
    await using running = await startFiles()
    const bytes = Buffer.from(sampleBytes(250_000))
    const upload = await running.ask('alice', 'files.upload', { name: 'a' })
    const source = Readable.from([bytes.subarray(0, 99_999), bytes.subarray(99_999)])
    await send(running, upload, source, { chunkSize: 64_000, uploadLengthDeferred: true })
    assert.equal((await running.store.head(upload.key))?.size, bytes.length)
  })

  test('goes on where it was when its connection is cut, again and again', async () => {
    await using running = await startFiles()
    const bytes = Buffer.from(sampleBytes(2_000_000))
    await using proxy = await cuttingProxy(running.origin, 300_000, 5)
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: bytes.length })
    await send(running, upload, bytes, { endpoint: `${proxy.origin}/files` })
    assert.equal(proxy.cuts, 5)
    assert.deepEqual((await running.store.head(upload.key))?.sha256, createHash('sha256').update(bytes).digest('hex'))
  })

  test('goes on with an upload that another process of the hub has begun', async () => {
    await using store = new MemoryBlobStore()
    const bytes = Buffer.from(sampleBytes(400_000))
    let upload: Upload
    {
      await using before = await startFiles({ store })
      upload = await before.ask('alice', 'files.upload', { name: 'a', size: bytes.length })
      await using proxy = await cuttingProxy(before.origin, 200_000, 1)
      await assert.rejects(send(before, upload, bytes, { endpoint: `${proxy.origin}/files`, retryDelays: null }))
    }
    const kept = (await store.upload(upload.key))?.offset ?? 0
    assert.ok(kept > 100_000 && kept < bytes.length, String(kept))
    await using after = await startFiles({ store })
    const again = await after.ask('alice', 'files.upload', { key: upload.key })
    const { key } = again
    await send(after, again, bytes, { uploadUrl: after.at(again.location) })
    assert.equal((await store.head(key))?.size, bytes.length)
  })

  test('ends an upload', async () => {
    await using running = await startFiles()
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 10 })
    await running.store.begin(upload.key, { size: 10 })
    await TusUpload.terminate(running.at(upload.location), { headers: { authorization: `Bearer ${upload.token}` } })
    assert.equal(await running.store.upload(upload.key), undefined)
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { putWhole, sampleBytes, startFiles, tusHeaders } from '../../files/test/start-files.ts'

/** In bytes; more with POSTHOUSE_FILE_BYTES, such as 5368709120. */
const size = Number(process.env.POSTHOUSE_FILE_BYTES ?? 256 * 1024 * 1024)

test(`a file of ${size} bytes goes in and out without being held in memory`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-large-'))
  try {
    await using store = await openDiskBlobStore({ folder: join(folder, 'files') })
    await using running = await startFiles({ store })
    const upload = await running.ask('alice', 'files.upload', { name: 'large', size })
    let most = 0
    const look = (): void => {
      most = Math.max(most, process.memoryUsage.rss())
    }
    const chunk = Buffer.alloc(1024 * 1024)
    const zeros = Readable.from(
      (function* () {
        for (let at = 0; at < size; at += chunk.length) {
          look()
          yield chunk.subarray(0, Math.min(chunk.length, size - at))
        }
      })(),
    )
    const headers = tusHeaders(upload.token, {
      'upload-length': String(size),
      'content-length': String(size),
      'content-type': 'application/offset+octet-stream',
    })
    const sending = request(running.at(upload.url), { method: 'POST', headers })
    const answered = new Promise<number | undefined>((resolve, reject) => {
      sending.once('error', reject).once('response', (response) => resolve(response.resume().statusCode))
    })
    await pipeline(zeros, sending)
    assert.equal(await answered, 201)
    const { url } = await running.ask<{ url: string }>('alice', 'files.url', { key: upload.key })
    let received = 0
    await new Promise((resolve, reject) => {
      get(running.at(url), (response) => {
        response.on('data', (each: Buffer) => {
          received += each.length
          look()
        })
        response.on('end', resolve).on('error', reject)
      })
    })
    assert.equal(received, size)
    // Sender and receiver are in this process, too.
    assert.ok(most < 300 * 1024 * 1024, `${most} bytes`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a file in which a bit has turned on the disk is not delivered as a whole, and parts of it are what they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-flipped-'))
  try {
    await using store = await openDiskBlobStore({ folder })
    await using running = await startFiles({ store })
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 300_000 })
    await putWhole(running, upload, sampleBytes(300_000))
    const [content = ''] = readdirSync(join(folder, 'content'))
    const bytes = readFileSync(join(folder, 'content', content))
    bytes[150_000] = 255 - (bytes[150_000] ?? 0)
    writeFileSync(join(folder, 'content', content), bytes)
    const { url } = await running.ask<{ url: string }>('alice', 'files.url', { key: upload.key })
    await assert.rejects(fetch(running.at(url)).then((answer) => answer.arrayBuffer()))
    const part = await fetch(running.at(url), { headers: { range: 'bytes=0-99' } })
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), sampleBytes(300_000).slice(0, 100))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

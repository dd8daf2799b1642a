import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { get } from 'node:http'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { MemoryBlobStore, putBlob } from '@posthouse/core'
import { codeOf, putWhole, type RunningFiles, sampleBytes, startFiles, tusHeaders } from './start-files.ts'

const run = promisify(execFile)
const bytes = sampleBytes(200_000)
const hash = createHash('sha256').update(bytes).digest('hex')
const key = 'cross_comm/alice/1700000000000_0a1b2c3d.txt'

/** A file of alice's, and a URL for it. */
async function put(running: RunningFiles, meta: Readonly<Record<string, string>> = {}): Promise<string> {
  await putBlob(running.store, {
    key,
    bytes: (async function* () {
      yield bytes
    })(),
    meta,
  })
  return running.at((await running.ask<{ url: string }>('alice', 'files.url', { key })).url)
}

suite('a file', () => {
  test('is fetched with what tells of it, and never run', async () => {
    await using running = await startFiles()
    const url = await put(running, { name: 'r\u00e9sum\u00e9 "1".html', type: 'text/html' })
    const answer = await fetch(url)
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(bytes))
    const { headers } = answer
    assert.equal(headers.get('content-length'), '200000')
    assert.equal(headers.get('etag'), `"${hash}"`)
    assert.equal(headers.get('repr-digest'), `sha-256=:${Buffer.from(hash, 'hex').toString('base64')}:`)
    assert.equal(headers.get('content-type'), 'text/html')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(String(headers.get('content-security-policy')), /sandbox/)
    assert.equal(
      headers.get('content-disposition'),
      'attachment; filename="r_sum_ _1_.html"; filename*=UTF-8\'\'r%C3%A9sum%C3%A9%20_1_.html',
    )
    const head = await fetch(url, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '200000', ''])
  })

  test('is fetched by curl in ranges, and a fetch that was cut goes on', async () => {
    await using running = await startFiles()
    const url = await put(running)
    const curl = async (...words: string[]): Promise<Buffer> => {
      const { stdout } = await run('curl', ['-sS', ...words, url], { encoding: 'buffer' })
      return stdout
    }
    for (const [range, start, end] of [
      ['0-0', 0, 1],
      ['10-99', 10, 100],
      ['199999-', 199_999, 200_000],
      ['-5', 199_995, 200_000],
      ['-300000', 0, 200_000],
      ['150000-900000', 150_000, 200_000],
    ] as const) {
      assert.deepEqual(await curl('-r', range), Buffer.from(bytes.subarray(start, end)), range)
    }
    const status = (
      await curl('-r', '200000-', '-o', '/dev/null', '-w', '%{http_code} %header{content-range}')
    ).toString()
    assert.equal(status, '416 bytes */200000')
    const part = await curl('-r', '0-1', '-o', '/dev/null', '-w', '%{http_code} %header{content-range}')
    assert.equal(part.toString(), '206 bytes 0-1/200000')
    assert.deepEqual(await curl('-C', '150000'), Buffer.from(bytes.subarray(150_000)))
    const several = await curl('-r', '0-1,5-6', '-o', '/dev/null', '-w', '%{http_code}')
    assert.equal(several.toString(), '200', 'several ranges are ignored')
  })

  test('is not sent to who has it, and wholly to who has another one', async () => {
    await using running = await startFiles()
    const url = await put(running)
    const status = async (headers: Readonly<Record<string, string>>): Promise<number> => {
      const answer = await fetch(url, { headers })
      await answer.arrayBuffer()
      return answer.status
    }
    assert.equal(await status({ 'if-none-match': `"${hash}"` }), 304)
    assert.equal(await status({ 'if-none-match': `"x", W/"${hash}"` }), 304)
    assert.equal(await status({ 'if-none-match': '*' }), 304)
    assert.equal(await status({ 'if-none-match': '"x"' }), 200)
    assert.equal(await status({ range: 'bytes=0-1', 'if-range': `"${hash}"` }), 206)
    assert.equal(await status({ range: 'bytes=0-1', 'if-range': '"x"' }), 200)
    assert.equal(await status({ range: 'bytes=9-1' }), 200)
    assert.equal(await status({ range: 'lines=1-2' }), 200)
  })

  test('that is empty has no ranges', async () => {
    await using running = await startFiles()
    await putBlob(running.store, { key, bytes: (async function* () {})() })
    const { url } = await running.ask<{ url: string }>('alice', 'files.url', { key })
    const whole = await fetch(running.at(url))
    assert.deepEqual([whole.status, await whole.text()], [200, ''])
    assert.equal((await fetch(running.at(url), { headers: { range: 'bytes=0-' } })).status, 416)
  })

  test('that is damaged is not delivered as a whole', async () => {
    await using store = new DamagedStore()
    await using running = await startFiles({ store })
    const url = await put(running)
    const received = await new Promise<number>((resolve, reject) => {
      let count = 0
      get(url, (response) => {
        response.on('data', (chunk: Buffer) => (count += chunk.length))
        response.on('error', () => resolve(count))
        response.on('end', () => reject(new Error('it was delivered')))
      }).on('error', () => resolve(count))
    })
    assert.ok(received < bytes.length)
  })

  test('is fetched slowly without being held in memory, and a reader that leaves ends the reading', async () => {
    const store = new WatchedStore()
    await using running = await startFiles({ store })
    const url = await put(running)
    const response = await fetch(url)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await store.ended.promise
    await store[Symbol.asyncDispose]()
  })
})

suite('a URL of a file', () => {
  test('is for one file and for a time', async () => {
    await using running = await startFiles()
    const url = new URL(await put(running))
    await putBlob(running.store, {
      key: `${key}2`,
      bytes: (async function* () {
        yield bytes
      })(),
    })
    const told = async (wanted: URL): Promise<unknown> => {
      const answer = await fetch(wanted)
      return [answer.status, await codeOf(answer)]
    }
    assert.deepEqual(await told(new URL(`${url.pathname}2${url.search}`, url)), [401, 'unauthenticated'])
    const later = new URL(url)
    later.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1))
    assert.deepEqual(await told(later), [401, 'unauthenticated'])
    assert.deepEqual(await told(new URL(url.pathname, url)), [401, 'unauthenticated'])
    running.clock.advance(600_000)
    assert.deepEqual(await told(url), [401, 'token_expired'])
  })

  test('is made for whom may fetch the file, also for several at once', async () => {
    await using running = await startFiles()
    await put(running, { name: 'a.txt', type: 'text/plain' })
    await assert.rejects(running.ask('bob', 'files.url', { key }), { code: 'forbidden' })
    await assert.rejects(running.ask('bob', 'files.url', { key: 'cross_comm/alice/none' }), { code: 'forbidden' })
    await assert.rejects(running.ask('alice', 'files.url', { key: 'cross_comm/alice/none' }), { code: 'unknown_file' })
    const { url, ...facts } = await running.ask<Record<string, unknown>>('bob', 'files.url', { key }, [key])
    assert.deepEqual(facts, {
      ...{ key, expires: running.clock.now() + 600_000, size: bytes.length, at: running.clock.now() },
      ...{ sha256: hash, name: 'a.txt', type: 'text/plain' },
    })
    assert.equal((await fetch(running.at(String(url)))).status, 200)
    const { files } = await running.ask<{ files: { key: string; url?: string; error?: { code: string } }[] }>(
      'bob',
      'files.urls',
      { keys: ['cross_comm/x/1', key, '../a'] },
      [key, '../a'],
    )
    assert.deepEqual(
      files.map(({ error, ...file }) => error?.code ?? file.key),
      ['forbidden', key, 'invalid_key'],
    )
  })

  test('names the public address where there is one', async () => {
    await using running = await startFiles({ publicUrl: 'https://hub.example/p/' })
    const upload = await running.ask('alice', 'files.upload', { name: 'a b.txt' })
    assert.equal(upload.url, 'https://hub.example/p/files')
    assert.equal(upload.location, `https://hub.example/p/files/${upload.key}`)
  })

  test('of a bucket is the bucket\u2019s own', async () => {
    await using store = new Bucket()
    await using running = await startFiles({ store })
    assert.equal(running.files.shared, true)
    await put(running, { name: 'a.txt', type: 'text/plain' })
    const { url } = await running.ask<{ url: string }>('alice', 'files.url', { key })
    assert.equal(url, `https://bucket.example/${key}?600000,attachment; filename="a.txt",text/plain`)
  })

  test('is not needed by who has just uploaded the file', async () => {
    await using running = await startFiles()
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: bytes.length })
    await putWhole(running, upload, bytes)
    const { authorization = '' } = tusHeaders(upload.token)
    assert.equal((await fetch(running.at(upload.location), { headers: { authorization } })).status, 200)
    const other = await running.ask('bob', 'files.upload', { name: 'a' })
    const headers = { authorization: `Bearer ${other.token}` }
    assert.equal((await fetch(running.at(upload.location), { headers })).status, 403)
  })
})

/** A store whose disk has turned a bit since. */
class DamagedStore extends MemoryBlobStore {
  override async read(...words: Parameters<MemoryBlobStore['read']>): Promise<AsyncIterable<Uint8Array>> {
    const { verify } = words[1] ?? {}
    const chunks = await super.read(...words)
    return (async function* () {
      yield* chunks
      if (verify) throw new TypeError('the SHA-256 differs')
    })()
  }
}

/** A store that tells when a reading has ended before its end. */
class WatchedStore extends MemoryBlobStore {
  readonly ended: PromiseWithResolvers<void> = Promise.withResolvers()

  override async read(): Promise<AsyncIterable<Uint8Array>> {
    const { ended } = this
    return (async function* () {
      try {
        for (;;) yield sampleBytes(65_536)
      } finally {
        ended.resolve()
      }
    })()
  }
}

class Bucket extends MemoryBlobStore {
  async signedUrl(key: string, wishes: { ttlMs: number; disposition?: string; mediaType?: string }): Promise<string> {
    return `https://bucket.example/${key}?${wishes.ttlMs},${wishes.disposition},${wishes.mediaType}`
  }
}

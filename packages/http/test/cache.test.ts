import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createHttpClient } from '@posthouse/http'
import { memoryTransport } from '@posthouse/http/testing'

const url = 'http://shop.example/'

suite('the cache of a client', () => {
  test('answers again while an answer is fresh, and asks after it by its validator later', async () => {
    const transport = memoryTransport(({ headers }) => {
      const known = headers.get('if-none-match') === '"1"'
      const given = { etag: '"1"', 'cache-control': transport.sent.length === 1 ? 'max-age=0' : 'max-age=60' }
      return known ? { status: 304, headers: given } : { text: `answer ${transport.sent.length}`, headers: given }
    })
    await using client = createHttpClient({ logging: false, transport, cache: true })
    assert.equal(await (await client.get(url)).text(), 'answer 1')
    const second = await client.get(url)
    assert.equal(second.status, 200)
    assert.equal(await second.text(), 'answer 1')
    assert.equal(transport.sent[1]?.headers.get('if-none-match'), '"1"')
    const other = await client.get(`${url}fresh`)
    assert.equal(await other.text(), 'answer 3')
    const again = await client.get(`${url}fresh`)
    assert.equal(await again.text(), 'answer 3')
    assert.equal(again.headers.get('age'), '0')
    assert.equal(transport.sent.length, 3)
  })

  test('keeps what is private, because it is for one user, and not what must not be kept', async () => {
    const rules: Readonly<Record<string, string>> = {
      '/private': 'private, max-age=60',
      '/never': 'no-store',
      '/none': '',
    }
    const transport = memoryTransport((request) => ({
      text: `answer ${transport.sent.length}`,
      headers: { 'cache-control': rules[request.url.pathname] ?? '' },
    }))
    await using client = createHttpClient({ logging: false, transport, cache: true })
    const asked = async (path: string): Promise<string> => (await client.get(new URL(path, url))).text()
    assert.deepEqual([await asked('/private'), await asked('/private')], ['answer 1', 'answer 1'])
    assert.deepEqual([await asked('/never'), await asked('/never')], ['answer 2', 'answer 3'])
    assert.deepEqual([await asked('/none'), await asked('/none')], ['answer 4', 'answer 5'])
  })

  test('tells apart what the answer varies by, and forgets what was changed', async () => {
    const transport = memoryTransport(({ method, headers }) => ({
      text: `${method} ${headers.get('accept-language')} ${transport.sent.length}`,
      headers: { 'cache-control': 'max-age=60', vary: 'accept-language' },
    }))
    await using client = createHttpClient({ logging: false, transport, cache: true })
    const asked = async (language: string): Promise<string> => {
      return (await client.get(url, { headers: { 'accept-language': language } })).text()
    }
    assert.equal(await asked('en'), 'GET en 1')
    assert.equal(await asked('de'), 'GET de 2')
    assert.equal(await asked('en'), 'GET en 1')
    await client.put(url, { body: 'new' })
    assert.equal(await asked('en'), 'GET en 4')
  })

  test('keeps compressed bodies, streams, and nothing that is too large', async () => {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 100; index++) yield Buffer.alloc(1_000, 97)
    }
    const transport = memoryTransport(({ url: { pathname } }) => {
      const headers = { 'cache-control': 'max-age=60' }
      if (pathname === '/packed')
        return { bytes: gzipSync('packed'), headers: { ...headers, 'content-encoding': 'gzip' } }
      return { chunks: chunks(), headers }
    })
    const cache = { maxEntryBytes: 50_000 }
    await using client = createHttpClient({ logging: false, transport, cache })
    for (let round = 0; round < 2; round++) {
      assert.equal(await (await client.get(`${url}packed`)).text(), 'packed')
      assert.equal((await (await client.get(`${url}large`)).bytes()).length, 100_000)
    }
    assert.deepEqual(
      transport.sent.map(({ url: { pathname } }) => pathname),
      ['/packed', '/large', '/large'],
    )
    await using roomy = createHttpClient({ logging: false, transport, cache: true })
    for (let round = 0; round < 2; round++) {
      const response = await roomy.stream('GET', `${url}large`)
      let bytes = 0
      for await (const chunk of response) bytes += chunk.length
      assert.equal(bytes, 100_000)
    }
    assert.equal(transport.sent.length, 4)
  })

  test('passes on what goes wrong, and keeps nothing of it', async () => {
    const transport = memoryTransport(() => ({
      headers: { 'cache-control': 'max-age=60' },
      chunks: (async function* () {
        yield Buffer.from('half')
        throw new Error('cut')
      })(),
    }))
    await using client = createHttpClient({ logging: false, transport, cache: true, retry: false })
    await assert.rejects(client.get(url), { code: 'connection_lost' })
    await assert.rejects(client.get(url), { code: 'connection_lost' })
    assert.equal(transport.sent.length, 2)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { suite, test } from 'node:test'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { createHttpClient, type HttpClientOptions } from '@posthouse/http'
import { startHttpbin } from '../../../tests/httpbin/httpbin.ts'
import { startServer } from './servers.ts'

const compress: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
}

const text = 'letters wait here for their readers\n'.repeat(200)

/** A client of a server that sends these bytes with this encoding. */
async function receive(
  encoding: string,
  bytes: Uint8Array,
  options: HttpClientOptions = {},
): Promise<{ body: Buffer; headers: readonly string[] }> {
  await using server = await startServer((_, response) => {
    response.writeHead(200, { 'content-encoding': encoding, 'content-length': bytes.length }).end(bytes)
  })
  await using client = createHttpClient({ logging: false, retry: false, proxy: false, ...options })
  const response = await client.get(server.url)
  return { body: Buffer.from(await response.bytes()), headers: [...response.headers].map(([name]) => name) }
}

/** Zeros, hundreds of times smaller when they are compressed. */
const zeros = (megabytes: number): Buffer => Buffer.alloc(megabytes * 1024 * 1024)

suite('a compressed body', () => {
  for (const [encoding, pack] of Object.entries(compress)) {
    test(`in ${encoding} arrives as it was before, without the headers that told of it`, async () => {
      const { body, headers } = await receive(encoding, pack(Buffer.from(text)))
      assert.equal(body.toString(), text)
      assert.ok(!headers.includes('content-encoding') && !headers.includes('content-length'))
    })

    test(`in ${encoding} is refused when it is cut short or damaged`, async () => {
      const packed = Buffer.from(pack(Buffer.from(text)))
      const failed = { code: 'decode_failed' }
      await assert.rejects(receive(encoding, packed.subarray(0, packed.length - 9)), failed)
      const damaged = Buffer.from(packed)
      damaged.fill(0xa5, 0, 12)
      await assert.rejects(receive(encoding, damaged), failed)
    })
  }

  test('in deflate may lack its wrapping', async () => {
    assert.equal((await receive('deflate', deflateRawSync(text))).body.toString(), text)
  })

  test('may be empty', async () => {
    for (const encoding of Object.keys(compress)) assert.equal((await receive(encoding, Buffer.of())).body.length, 0)
  })

  test('may be compressed twice, and no more often', async () => {
    const once = gzipSync(text)
    assert.equal((await receive('gzip, br', brotliCompressSync(once))).body.toString(), text)
    const thrice = gzipSync(brotliCompressSync(once))
    await assert.rejects(receive('gzip, br, gzip', thrice), { code: 'decode_failed', message: /3 times/ })
  })

  test('in an encoding that nobody knows stays as it is', async () => {
    const { body, headers } = await receive('compress', Buffer.from('as it is'))
    assert.equal(body.toString(), 'as it is')
    assert.ok(headers.includes('content-encoding'))
    assert.equal((await receive('identity', Buffer.from(text))).body.toString(), text)
  })

  test('stays compressed when nothing is to be decompressed', async () => {
    const packed = gzipSync(text)
    assert.deepEqual((await receive('gzip', packed, { decompress: false })).body, packed)
  })

  test('is asked for, unless the caller asks for something else or for a part', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    const asked = async (headers: Record<string, string>): Promise<unknown> => {
      const { headers: seen } = await (await client.get('/headers', { headers })).json<{
        headers: Record<string, string>
      }>()
      return seen['Accept-Encoding']
    }
    assert.equal(await asked({}), 'gzip, deflate, br, zstd')
    assert.equal(await asked({ 'Accept-Encoding': 'identity' }), 'identity')
    assert.equal(await asked({ range: 'bytes=0-1' }), 'identity')
    for (const path of ['/gzip', '/deflate', '/brotli', '/zstd']) {
      assert.equal((await (await client.get(path)).json<{ method: string }>()).method, 'GET', path)
    }
    assert.equal((await client.head('/gzip')).status, 200)
  })

  test('of an error is decompressed too', async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(404, { 'content-encoding': 'gzip' }).end(gzipSync('{"why":"gone"}'))
    })
    await using client = createHttpClient({ logging: false, proxy: false })
    assert.deepEqual(await (await client.get(server.url)).json(), { why: 'gone' })
  })
})

test('limits that let nothing through are refused', () => {
  for (const options of [
    { decompress: { maxBytes: 0 } },
    { decompress: { maxRatio: Number.NaN } },
    { cache: { entries: -1 } },
  ]) {
    assert.throws(() => createHttpClient(options), { code: 'invalid_option' }, JSON.stringify(options))
  }
})

suite('a body that explodes', () => {
  const bombs: Readonly<Record<string, Uint8Array>> = {
    gzip: gzipSync(zeros(100)),
    deflate: deflateSync(zeros(100)),
    br: brotliCompressSync(zeros(100), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    zstd: zstdCompressSync(zeros(100)),
    'gzip, gzip': gzipSync(gzipSync(zeros(100))),
  }

  for (const [encoding, bomb] of Object.entries(bombs)) {
    test(`in ${encoding} is refused by its ratio, and by its size where any ratio is allowed`, async () => {
      const tooLarge = { code: 'response_too_large' }
      await assert.rejects(receive(encoding, bomb), { ...tooLarge, message: /maxRatio/ })
      const anyRatio = { decompress: { maxRatio: Number.POSITIVE_INFINITY } }
      await assert.rejects(receive(encoding, bomb, anyRatio), { ...tooLarge, message: /maxBytes/ })
    })
  }

  test('is let through by those who allow it', async () => {
    const limits = { decompress: { maxRatio: 2_000, maxBytes: 8 * 1024 * 1024 } }
    assert.equal((await receive('gzip', gzipSync(zeros(8)), limits)).body.length, 8 * 1024 * 1024)
    assert.equal((await receive('gzip', gzipSync(zeros(1)))).body.length, 1024 * 1024)
  })

  test('takes no memory, and its connection is cut although the server would go on', async () => {
    const closed = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('close', () => closed.resolve())
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n')
        const bomb = bombs.gzip ?? Buffer.of()
        socket.write(`${bomb.length.toString(16)}\r\n`)
        socket.write(bomb)
        socket.write('\r\n')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using client = createHttpClient({ logging: false, retry: false, proxy: false })
    const before = process.memoryUsage().arrayBuffers
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await assert.rejects(client.get(url), { code: 'response_too_large' })
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024)
    await closed.promise
    server.close()
  })
})

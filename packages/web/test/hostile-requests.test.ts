import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { createApp } from '@posthouse/web'
import { z } from 'zod'
import { rawClient } from './raw-http.ts'

/** What one request says of its body, and another may be hidden in. */
const smuggled = 'GET /secret HTTP/1.1\r\nhost: x\r\n\r\n'
const post = 'POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
const ambiguous: Readonly<Record<string, string>> = {
  'a length and chunks': `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'chunks and a length': `${post}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
  'two lengths': `${post}content-length: 2\r\ncontent-length: 40\r\n\r\n{}${smuggled}`,
  'a list of lengths': `${post}content-length: 2, 40\r\n\r\n{}${smuggled}`,
  'a length with a sign': `${post}content-length: +2\r\n\r\n{}${smuggled}`,
  'a negative length': `${post}content-length: -2\r\n\r\n{}${smuggled}`,
  'a length in hexadecimal': `${post}content-length: 0x2\r\n\r\n{}${smuggled}`,
  'a length with a space before the colon': `${post}content-length : 2\r\n\r\n{}${smuggled}`,
  'a folded header': `${post}x-a: b\r\n content-length: 2\r\ntransfer-encoding:\r\n chunked\r\n\r\n${smuggled}`,
  'an unknown coding': `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'chunked that is not last': `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
  'a coding with a control character': `${post}transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'bare line feeds': `POST /json HTTP/1.1\nhost: x\ncontent-length: 2\n\n{}${smuggled}`,
  'a chunk size with a sign': `${post}transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n${smuggled}`,
  'a chunk size that overflows': `${post}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n${smuggled}`,
  'a chunk that is longer than it says': `${post}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${smuggled}`,
  'a bare line feed in a chunk': `${post}transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n${smuggled}`,
  'a zero byte in a header': `${post}x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}${smuggled}`,
  'no method': ` /json HTTP/1.1\r\nhost: x\r\n\r\n${smuggled}`,
  'another protocol': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${smuggled}`,
  'another version': `GET / HTTP/9.9\r\nhost: x\r\n\r\n${smuggled}`,
  'headers without end': `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'b'.repeat(20_000)}\r\n\r\n${smuggled}`,
}

describe('a request that could be read in two ways', () => {
  for (const [name, bytes] of Object.entries(ambiguous)) {
    it(`is refused and nothing after it is read: ${name}`, async () => {
      const reached: string[] = []
      await using app = createApp({ env: 'test' })
      app.post('/json', { body: z.unknown() }, ({ body }) => body)
      app.get('/secret', () => reached.push('secret'))
      const { port } = await app.listen({ port: 0 })
      await using client = await rawClient(port)
      client.write(bytes)
      const answer = await client.end()
      assert.match(answer, /^HTTP\/1\.1 4\d\d /)
      assert.deepEqual(reached, [])
    })
  }
})

describe('a request that does not say whom it is for', () => {
  for (const [what, hosts] of Object.entries({
    'two hosts': 'Host: a.example\r\nhost: b.example\r\n',
    'a host with a space': 'host: a b\r\n',
    'a host with a user': 'host: a@b.example\r\n',
    'a host with a path': 'host: a.example/b\r\n',
    'no host': '',
  })) {
    it(`is refused, also as a WebSocket: ${what}`, async () => {
      const reached: string[] = []
      await using app = createApp({ env: 'test' })
      app.get('/', () => reached.push('endpoint'))
      app.websocket('/ws', () => void reached.push('socket'))
      const { port } = await app.listen({ port: 0 })
      const key = 'upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
      for (const head of [`GET / HTTP/1.1\r\n${hosts}`, `GET /ws HTTP/1.1\r\n${hosts}connection: upgrade\r\n${key}`]) {
        await using client = await rawClient(port)
        client.write(`${head}\r\n`)
        assert.match(await client.end(), /^HTTP\/1\.1 400 /)
      }
      assert.deepEqual(reached, [])
    })
  }

  it('is answered where its host is an address, has a port, or is empty as RFC 9112 allows', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', ({ request }) => request.host)
    const { port } = await app.listen({ port: 0 })
    for (const host of ['127.0.0.1', '[::1]:8000', 'shop.example:443', '']) {
      await using client = await rawClient(port)
      client.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
      assert.ok((await client.end()).endsWith(JSON.stringify(host)), host)
    }
  })
})

/** Ways out of a folder, and into what lies beside it or begins with a dot. */
const traversals = [
  ...[
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '%2e%2e%2fsecret.txt',
    '..%5csecret.txt',
    '....//secret.txt',
  ],
  ...[
    '%252e%252e/secret.txt',
    'sub/../../secret.txt',
    '/etc/passwd',
    '%00',
    'a.txt%00.html',
    '.env',
    '%2eenv',
    '%c0%ae./a',
  ],
]

describe('a request for a file', () => {
  it('reads nothing but the folder, and is never sent elsewhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-static-'))
    const files = join(folder, 'files')
    await mkdir(join(files, 'sub'), { recursive: true })
    for (const file of ['secret.txt', 'files/.env', 'files-beside.txt']) await writeFile(join(folder, file), 'secret')
    await writeFile(join(files, 'a.txt'), 'open')
    await using app = createApp({ env: 'production' })
    app.static('/files', files)
    const { port } = await app.listen({ port: 0 })
    const ask = async (path: string) => {
      await using client = await rawClient(port)
      client.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
      return await client.end()
    }
    assert.equal((await ask('/files/a.txt')).split('\r\n\r\n').at(-1), 'open')
    const others = ['/files-beside.txt', '//evil.example/..', '/files//evil.example/%2e%2e', '/files/sub']
    for (const path of [...traversals.map((way) => `/files/${way}`), ...others]) {
      const answer = await ask(path)
      assert.match(answer, /^HTTP\/1\.1 40[034] /, path)
      assert.doesNotMatch(answer, /\r\nlocation:|secret$/i, path)
    }
    await rm(folder, { recursive: true })
  })
})

describe('a request with a body that nobody reads', () => {
  it('ends the connection instead of becoming the next request', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () => 'hello')
    const { port } = await app.listen({ port: 0 })
    for (const path of ['/', '/nothing']) {
      await using client = await rawClient(port)
      client.write(`GET ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n${smuggled}`)
      assert.match(await client.end(), /^HTTP\/1\.1 (200|404) .*connection: close/is)
    }
  })
})

describe('a path that cannot be decoded', () => {
  it('is answered with a problem', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/items/{id}', ({ params }) => params.id)
    for (const url of ['/items/%E0%A4%A', '/%', '/items/%zz']) {
      const { status, json } = await app.inject(url)
      assert.equal(status, 400, url)
      assert.equal(json<{ status: number }>().status, 400)
    }
    assert.equal((await app.inject(`/items/${'x'.repeat(2000)}`)).status, 200)
  })
})

/** `POSTHOUSE_REQUESTS=100000` sends more than the tests do. */
const total = Number(process.env.POSTHOUSE_REQUESTS ?? 4000)

describe('thousands of bad requests', () => {
  it('are each answered with 4xx', { timeout: 900_000 }, async () => {
    await using app = createApp({ env: 'production' })
    const body = z.object({ name: z.string().min(1), tags: z.array(z.number()) })
    app.post('/json', { body, query: z.object({ n: z.number() }) }, () => 1)
    const { port } = await app.listen({ port: 0 })
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    const bad: readonly [path: string, type: string, body: string][] = [
      ['/json?n=1', 'application/json', '{"name":"","tags":[1]}'],
      ['/json?n=1', 'application/json', '{"name":1'],
      ['/json?n=x', 'application/json', '{"name":"a","tags":[]}'],
      ['/json?n=1', 'text/plain', 'x'],
      ['/json?n=1', 'application/json', '[[[[[]]]]]'],
      ['/json?n=1&n=2', 'application/json', '{"name":"a","tags":["1"]}'],
      ['/none', 'application/json', '{}'],
      ['/json?n=1', 'application/json', '{"__proto__":{"a":1}}'],
      ['/json?n=1', 'application/json', '"\\ud800"'],
      ['/%', 'application/json', '{}'],
    ]
    const send = (path: string, type: string, content: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = { 'content-type': type, 'content-length': Buffer.byteLength(content) }
        const sent = request({ port, method: 'POST', path, headers, agent }, (response) => {
          textOf(response).then(() => resolve(response.statusCode ?? 0), reject)
        })
        sent.on('error', reject)
        sent.end(content)
      })
    const statuses = new Map<number, number>()
    for (let round = 0; round < total / 200; round++) {
      const answers = Array.from({ length: 200 }, (_, n) => send(...(bad[n % bad.length] ?? ['/', '', ''])))
      for (const status of await Promise.all(answers)) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    agent.destroy()
    assert.deepEqual(
      [...statuses.keys()].filter((status) => status < 400 || status >= 500),
      [],
    )
    assert.equal(
      [...statuses.values()].reduce((sum, count) => sum + count),
      total,
    )
  })
})

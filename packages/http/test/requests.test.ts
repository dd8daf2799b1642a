import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { HttpHeaders, type Progress } from '../src/index.ts'
import { requestUrl } from '../src/request/url.ts'
import { failure, quietClient } from './quiet.ts'
import { startServer, type TestServer } from './servers.ts'

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly raw: string[]
  readonly body: string
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { method, url, headers, rawHeaders: raw } = request
    response.end(JSON.stringify({ method, url, headers, raw, body: Buffer.concat(chunks).toString('latin1') }))
  })
}

const startEcho = (): Promise<TestServer> => startServer(echo)

describe('the URL of a request', () => {
  const joins: readonly (readonly [base: string, target: string, result: string])[] = [
    ['https://host/api/v1', '/users', 'https://host/api/v1/users'],
    ['https://host/api/v1/', '/users', 'https://host/api/v1/users'],
    ['https://host/api/v1', 'users', 'https://host/api/v1/users'],
    ['https://host/api/v1/', 'users/', 'https://host/api/v1/users/'],
    ['https://host', '', 'https://host/'],
    ['https://host/api', '', 'https://host/api'],
    ['https://host/api', '?a=1', 'https://host/api?a=1'],
    ['https://host/api?key=1', '/x?a=1', 'https://host/api/x?key=1&a=1'],
    ['https://host/api', 'https://other/x', 'https://other/x'],
    ['https://host/api', '//other/x', 'https://other/x'],
    ['https://host/api', '/x#part', 'https://host/api/x#part'],
    ['https://host/api', '/a b', 'https://host/api/a%20b'],
  ]
  for (const [base, target, result] of joins) {
    test(`is ${result} for ${JSON.stringify(target)} below ${base}`, () => {
      assert.equal(requestUrl(target, { baseUrl: new URL(base) }).href, result)
    })
  }

  test('takes parameters of every kind, after those that it has', () => {
    const params = { page: 2, tags: ['a', 'b'], none: undefined, empty: null, on: true, at: new Date(0), text: 'ä&=' }
    assert.equal(
      requestUrl('http://h/?x=1', { params }).search,
      '?x=1&page=2&tags=a&tags=b&on=true&at=1970-01-01T00%3A00%3A00.000Z&text=%C3%A4%26%3D',
    )
    assert.equal(requestUrl('http://h/', { params: 'a=1&b=2' }).search, '?a=1&b=2')
    assert.equal(requestUrl('http://h/', { params: [['a', 1]] }).search, '?a=1')
  })

  test('is filled in with encoded values, which cannot climb out of their place', () => {
    assert.equal(requestUrl('http://h/users/{id}/x', { path: { id: 'a/b?c' } }).pathname, '/users/a%2Fb%3Fc/x')
    assert.throws(() => requestUrl('http://h/a/{id}/x', { path: { id: '..' } }), { code: 'invalid_request' })
    assert.throws(() => requestUrl('http://h/{id}', { path: {} }), { code: 'invalid_request' })
  })

  test('must be one of http or https', () => {
    assert.throws(() => requestUrl('ftp://h/', {}), { code: 'invalid_request', message: /ftp:/ })
    assert.throws(() => requestUrl('/users', {}), { code: 'invalid_request', message: /baseUrl/ })
    assert.throws(() => requestUrl('http://h:99999/', {}), { code: 'invalid_request' })
  })
})

describe('headers', () => {
  test('of a request win over those of the client in any spelling, and go out once', async () => {
    await using server = await startEcho()
    await using client = quietClient({ headers: { 'User-Agent': 'client', 'X-Team': 'a' } })
    const { headers, raw } = await (await client.get(server.url, { headers: { 'user-AGENT': 'mine' } })).json<Echo>()
    assert.equal(headers['user-agent'], 'mine')
    assert.equal(headers['x-team'], 'a')
    assert.equal(raw.filter((name) => name.toLowerCase() === 'user-agent').length, 1)
  })

  test('with line breaks, NUL or names that are none are refused before anything is sent', async () => {
    await using client = quietClient()
    for (const headers of [
      { a: 'b\r\nc: d' },
      { a: 'b\0' },
      { 'a b': 'c' },
      { 'a\n': 'c' },
      { '': 'c' },
      { a: '\u4e2d' },
    ]) {
      const error = await failure(client.get('http://127.0.0.1:1', { headers }), 'invalid_request')
      assert.equal(error.attempt, 0)
    }
  })

  test('may come several times', async () => {
    await using server = await startServer((_, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end()
    })
    await using client = quietClient()
    const { headers } = await client.get(server.url)
    assert.deepEqual(headers.getAll('Set-Cookie'), ['a=1', 'b=2'])
    assert.equal(headers.get('nothing', 'null'), 'null')
  })

  test('of a changed Object.prototype are not taken for ours', () => {
    Object.defineProperty(Object.prototype, 'x-evil', { value: 'yes', configurable: true, enumerable: true })
    try {
      assert.equal(new HttpHeaders({ a: 'b' }).get('x-evil'), undefined)
      assert.deepEqual([...new HttpHeaders({ a: 'b' })], [['a', 'b']])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'x-evil')
    }
  })

  test('may be called like what other objects inherit', () => {
    const headers = new HttpHeaders([['__proto__', 'a']]).set('constructor', 'b')
    assert.deepEqual(
      [...headers.copy()],
      [
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ],
    )
    assert.deepEqual(
      [headers.get('toString'), headers.delete('constructor'), headers.get('constructor')],
      [undefined, true, undefined],
    )
  })

  test('are made from credentials in the URL, which then has none', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    await failure(client.get('http://a%zz:b@host/'), 'invalid_request')
    const response = await client.get(server.url.replace('//', '//user:p%40ss@'))
    const { headers } = await response.json<Echo>()
    assert.equal(headers.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`)
    assert.ok(!response.url.includes('user'))
  })
})

describe('a body', () => {
  test('is JSON, and wins over a form', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const response = await client.post(server.url, { json: { name: '张三' }, form: { a: 1 } })
    const { headers, body } = await response.json<Echo>()
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['content-length'], '17')
    assert.equal(Buffer.from(body, 'latin1').toString(), '{"name":"张三"}')
  })

  test('is a form', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const { headers, body } = await (
      await client.post(server.url, { form: { a: [1, 2], b: 'x y', c: null } })
    ).json<Echo>()
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(body, 'a=1&a=2&b=x+y')
  })

  test('is multipart, with escaped names and files of a known length', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const files = [
      { filename: 'a"\r\n.txt', content: 'text', type: 'text/plain' },
      new File(['blob'], 'b.bin'),
      { filename: 'c', content: () => Readable.from([Buffer.from('stream')]), length: 6 },
    ]
    const { headers, body } = await (
      await client.post(server.url, { multipart: { 'fi"eld': 'value', files } })
    ).json<Echo>()
    const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1]
    assert.ok(boundary !== undefined)
    const parts = body.split(`--${boundary}`)
    assert.equal(parts.length, 6)
    assert.match(parts[1] ?? '', /^\r\ncontent-disposition: form-data; name="fi%22eld"\r\n\r\nvalue\r\n$/)
    assert.match(parts[2] ?? '', /filename="a%22%0D%0A.txt"\r\ncontent-type: text\/plain\r\n\r\ntext\r\n$/)
    assert.match(parts[3] ?? '', /filename="b.bin"\r\ncontent-type: application\/octet-stream\r\n\r\nblob\r\n$/)
    assert.match(parts[4] ?? '', /\r\n\r\nstream\r\n$/)
    assert.equal(Number(headers['content-length']), body.length)
  })

  test('of a form of the platform keeps its files', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const form = new FormData()
    form.set('a', 'b')
    form.set('file', new File(['content'], 'name.txt', { type: 'text/plain' }))
    const { body } = await (await client.post(server.url, { body: form })).json<Echo>()
    assert.match(body, /name="file"; filename="name.txt"\r\ncontent-type: text\/plain\r\n\r\ncontent\r\n/)
  })

  test('is a stream of any kind', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const sources = [
      Readable.from(['ab', 'cd']),
      ReadableStream.from([Buffer.from('abcd')]),
      ['ab', Buffer.from('cd')],
      () => Readable.from(['abcd']),
      new Blob(['abcd']),
      new TextEncoder().encode('abcd'),
      'abcd',
    ]
    for (const body of sources) {
      assert.equal((await (await client.post(server.url, { body })).json<Echo>()).body, 'abcd')
    }
  })

  test('tells how far it has come', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const seen: number[] = []
    const body = new Uint8Array(150_000)
    await client.post(server.url, {
      body,
      onUploadProgress: ({ transferred, total }) => {
        assert.equal(total, 150_000)
        seen.push(transferred)
      },
    })
    assert.deepEqual(seen, [65_536, 131_072, 150_000])
  })

  test('of several parts tells how far it has come of the whole', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const seen: Progress[] = []
    const files = [
      { filename: 'a', content: new Uint8Array(150_000) },
      { filename: 'b', content: () => Readable.from([Buffer.from('stream')]), length: 6 },
    ]
    const response = await client.post(server.url, {
      multipart: { files },
      onUploadProgress: (progress) => void seen.push(progress),
    })
    const { headers } = await response.json<Echo>()
    const total = Number(headers['content-length'])
    assert.ok(total > 150_006)
    assert.ok(seen.length > 3 && seen.every((progress) => progress.total === total))
    assert.equal(seen.at(-1)?.transferred, total)
  })

  test('whose stream fails ends the request as what it is', async () => {
    await using server = await startEcho()
    await using client = quietClient({ retry: 3 })
    const broken = new Error('the disk is gone')
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begin')
      throw broken
    }
    const error = await failure(client.put(server.url, { body: body() }), 'invalid_request')
    assert.equal(error.attempt, 1)
    assert.equal((error.cause as Error).cause ?? error.cause, broken)
  })

  test('that JSON cannot say is refused', async () => {
    await using client = quietClient()
    await failure(client.post('http://127.0.0.1:1', { json: 1n }), 'invalid_request')
    // As programs without types may have them.
    const wrong: readonly [object, RegExp][] = [
      [{ headers: { accept: null } }, /the value of the header accept must be a text or a number, not null/],
      [{ headers: { accept: ['a', {}] } }, /accept must be .* not an object/],
      [{ headers: ['accept'] }, /pairs/],
      [{ body: 5 }, /body must be text, bytes, .* not a number/],
      [{ body: null }, /not null/],
      [{ multipart: { file: null } }, /the field "file" of multipart/],
      [{ multipart: { file: { content: 'no name' } } }, /the field "file" of multipart/],
      [{ path: { id: null } }, /path has no value for \{id\}/],
    ]
    for (const [options, message] of wrong) {
      assert.match((await failure(client.post('http://127.0.0.1:1/{id}', options), 'invalid_request')).message, message)
    }
    await failure(client.post('http://127.0.0.1:1', { json: () => 1 }), 'invalid_request')
  })
})

test('each method goes out under its name', async () => {
  await using server = await startEcho()
  await using client = quietClient({ baseUrl: server.url })
  for (const method of ['get', 'post', 'put', 'patch', 'delete', 'options'] as const) {
    assert.equal((await (await client[method]('/')).json<Echo>()).method, method.toUpperCase())
  }
  assert.equal((await client.head('/')).status, 200)
  assert.equal((await (await client.request('query', '/')).json<Echo>()).method, 'QUERY')
  await failure(client.request('GET / HTTP/1.1\r\n', '/'), 'invalid_request')
})

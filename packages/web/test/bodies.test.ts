import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { bytes, createApp, form, multipart, stream } from '@posthouse/web'
import { z } from 'zod'

const json = { 'content-type': 'application/json' }

describe('a JSON body', () => {
  async function post(body: string | Buffer, headers: Record<string, string> = json) {
    await using app = createApp({ env: 'test', limits: { bodyLimit: 1000 } })
    app.post('/', { body: z.unknown() }, ({ body: value }) => value)
    return await app.inject({ method: 'POST', url: '/', headers, body })
  }

  it('is taken as application/json, or as a type whose name says that it is JSON', async () => {
    for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/ld+json'])
      assert.equal((await post('{"a":1}', { 'content-type': type })).text, '{"a":1}')
    for (const type of ['text/plain', 'application/jsonp', 'text/json', '', 'application/json,text/plain', 'a'])
      assert.equal((await post('{"a":1}', { 'content-type': type })).status, 415, type)
  })

  it('is refused where it is broken, no UTF-8, or nested deeper than 64 levels', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    assert.equal((await post(nested(64))).status, 200)
    for (const body of ['{', '{"a":1}x', 'NaN', Buffer.from([0x22, 0xff, 0x22]), nested(65), '\u0000'])
      assert.equal((await post(body)).status, 400, String(body).slice(0, 20))
    assert.equal((await post(JSON.stringify('['.repeat(200)))).status, 200)
  })

  it('is refused where it would change a prototype', async () => {
    for (const body of [
      '{"__proto__":{"admin":true}}',
      '{"a":[{"\\u005f_proto__":1}]}',
      '{"constructor":{"prototype":{}}}',
    ])
      assert.equal((await post(body)).status, 400, body)
    for (const body of ['{"a":"__proto__"}', '{"constructor":"Acme"}', '"\\"__proto__\\":"'])
      assert.equal((await post(body)).text, body)
  })

  it('is refused above the limit, told or not', async () => {
    assert.equal((await post(JSON.stringify('x'.repeat(998)))).status, 200)
    assert.equal((await post(JSON.stringify('x'.repeat(999)))).status, 413)
    const chunked = { ...json, 'transfer-encoding': 'chunked' }
    assert.equal((await post(JSON.stringify('x'.repeat(999)), chunked)).status, 413)
  })

  it('that is missing does not reach a handler whose schema wants one', async () => {
    await using app = createApp({ env: 'test' })
    app.post('/', { body: z.object({ a: z.number() }) }, () => assert.fail('reached'))
    assert.equal((await app.inject({ method: 'POST', url: '/' })).status, 422)
    assert.equal((await app.inject({ method: 'POST', url: '/', headers: json })).status, 422)
  })
})

describe('a body of another kind', () => {
  it('comes from a form, with its text turned into what the schema wants', async () => {
    await using app = createApp({ env: 'test' })
    app.post('/', { body: form(z.object({ n: z.number(), tags: z.array(z.string()) })) }, ({ body }) => body)
    const post = (type: string, body: string) =>
      app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, body })
    assert.equal((await post('application/x-www-form-urlencoded', 'n=2&tags=a')).text, '{"n":2,"tags":["a"]}')
    assert.equal((await post('application/x-www-form-urlencoded', 'n=b&tags=a')).status, 422)
    assert.equal((await post('application/json', '{"n":2,"tags":[]}')).status, 415)
  })

  it('is its bytes, or a stream', async () => {
    await using app = createApp({ env: 'test' })
    app.post('/bytes', { body: bytes('image/*') }, ({ body }) => body)
    app.post('/stream', { body: stream(), bodyLimit: 5 }, async ({ body }) => text(body))
    const image = Buffer.from([0, 1, 255])
    const answer = await app.inject({
      method: 'POST',
      url: '/bytes',
      headers: { 'content-type': 'image/png' },
      body: image,
    })
    assert.deepEqual(answer.bytes, image)
    assert.equal(answer.headers['content-type'], 'application/octet-stream')
    const send = (body: string) =>
      app.inject({
        method: 'POST',
        url: '/stream',
        headers: { 'content-type': 'text/plain' },
        body: Readable.from([Buffer.from(body)]),
      })
    assert.equal((await send('12345')).text, '"12345"')
    assert.equal((await send('123456')).status, 413)
  })

  it('that is missing is empty where any would do, and otherwise refused', async () => {
    await using app = createApp({ env: 'test' })
    app.post('/bytes', { body: bytes() }, ({ body }) => body.length)
    app.post('/stream', { body: stream() }, async ({ body }) => text(body))
    app.post('/image', { body: bytes('image/*') }, () => assert.fail('reached'))
    app.post('/video', { body: stream('video/mp4') }, () => assert.fail('reached'))
    app.post('/upload', { body: multipart() }, () => assert.fail('reached'))
    app.post('/form', { body: form(z.object({ n: z.number() })) }, () => assert.fail('reached'))
    app.post('/perhaps', { body: form(z.object({ n: z.number() }).optional()) }, ({ body }) => body ?? 'none')
    const answers = []
    for (const name of ['bytes', 'stream', 'image', 'video', 'upload', 'form', 'perhaps']) {
      const { status, text } = await app.inject({ method: 'POST', url: `/${name}` })
      answers.push(status === 200 ? text : status)
    }
    assert.deepEqual(answers, ['0', '""', 422, 422, 422, 422, '"none"'])
  })
})

describe('an upload', () => {
  async function upload(data: FormData) {
    await using app = createApp({ env: 'test' })
    app.post(
      '/',
      { body: multipart({ fileBytes: 10, files: 2, fields: 2, fieldBytes: 5 }), bodyLimit: 2000 },
      async ({ body }) => {
        const read: unknown[] = []
        for await (const part of body) {
          read.push(
            part.kind === 'field' ? [part.name, part.value] : [part.filename, part.mediaType, await text(part.stream)],
          )
        }
        return read
      },
    )
    const request = new Request('http://x/', { method: 'POST', body: data })
    return await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      body: Buffer.from(await request.arrayBuffer()),
    })
  }

  const file = (content: string, name = 'a.txt') => new File([content], name, { type: 'text/plain' })

  it('comes part by part, in its order', async () => {
    const data = new FormData()
    data.append('before', '1')
    data.append('one', file('hello', '../../etc/passwd'))
    data.append('two', file('world', 'b.txt'))
    data.append('after', '2')
    assert.deepEqual((await upload(data)).json(), [
      ['before', '1'],
      ['passwd', 'text/plain', 'hello'],
      ['b.txt', 'text/plain', 'world'],
      ['after', '2'],
    ])
  })

  it('is refused where a file, a field or their number is too large', async () => {
    const oversized: [string, string | File][][] = [
      [['f', file('12345678901')]],
      [['x', '123456']],
      [
        ['x', '1'],
        ['y', '1'],
        ['z', '1'],
      ],
      [
        ['f', file('1')],
        ['g', file('1')],
        ['h', file('1')],
      ],
    ]
    for (const entries of oversized) {
      const data = new FormData()
      for (const [name, value] of entries) data.append(name, value)
      const { status, text: body } = await upload(data)
      assert.equal(status, 413, body)
    }
  })

  it('is refused where it is no upload', async () => {
    await using app = createApp({ env: 'test' })
    app.post('/', { body: multipart() }, async ({ body }) => {
      for await (const part of body) if (part.kind === 'file') await text(part.stream)
      return null
    })
    const post = (type: string, body: string) =>
      app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, body })
    assert.equal((await post('multipart/form-data', 'x')).status, 400)
    assert.equal(
      (
        await post(
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx',
        )
      ).status,
      400,
    )
    assert.equal((await post('application/json', '{}')).status, 415)
  })
})

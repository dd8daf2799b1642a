import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp, problem, type Schema, textBody } from '@posthouse/web'
import { z } from 'zod'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const circle = z.object({ kind: z.literal('circle'), radius: z.number() })
const square = z.object({ kind: z.literal('square'), side: z.number() })
const kept = { kind: 'square', side: 2 } as const
const whole = { ...kept, secret: 'not for clients' }

/** Each schema, what a handler returns, and what goes out. */
const cases: Readonly<Record<string, readonly [schema: Schema, returned: unknown, sent: unknown]>> = {
  'a union': [z.union([circle, square]), whole, kept],
  'a discriminated union': [z.array(z.discriminatedUnion('kind', [circle, square])), [whole], [kept]],
  'an object or null': [z.object({ shape: square.nullable() }), { shape: whole }, { shape: kept }],
  'a tuple': [z.tuple([z.number(), square]), [1, whole], [1, kept]],
  'a tuple in a union': [z.union([z.tuple([square]), z.string()]), [whole], [kept]],
  'a list after a tuple': [z.tuple([square], z.number()), [whole, 1, 2], [kept, 1, 2]],
  'the longer of two objects': [
    z.union([z.object({ side: z.number() }), square]),
    { kind: 'square', side: 2 },
    { kind: 'square', side: 2 },
  ],
}

for (const [what, [response, returned, sent]] of Object.entries(cases)) {
  for (const env of ['production', 'test'] as const) {
    test(`a response that is ${what} holds what its schema names and nothing else, in ${env}`, async () => {
      const app = createApp({ env, logger: silent })
      app.get('/', { response }, () => returned as never)
      const { status, text } = await app.inject('/')
      assert.deepEqual([status, JSON.parse(text)], [200, sent])
      await app.close()
    })
  }
}

test('a branch that no value fits is still a failure of the server', async () => {
  const app = createApp({ env: 'test', logger: silent })
  app.get('/', { response: z.union([circle, square]) }, () => ({ kind: 'square' }) as never)
  assert.equal((await app.inject('/')).status, 500)
  await app.close()
})

test('a text body goes out as it stands, whatever the schema says', async () => {
  const app = createApp({ env: 'test', logger: silent })
  app.get('/json', { response: square }, () => textBody('{"written": "before", "名": "é"}'))
  app.get('/page', () => textBody('<h1>你好</h1>', 'text/html; charset=utf-8'))
  app.get('/table', ({ reply }) => {
    reply.status(203).header('content-type', 'text/csv')
    return textBody('a,b')
  })
  const seen = [await app.inject('/json'), await app.inject('/page'), await app.inject('/table')]
  assert.deepEqual(
    seen.map(({ status, headers, text }) => [status, headers['content-type'], headers['content-length'], text]),
    [
      [200, 'application/json; charset=utf-8', '34', '{"written": "before", "名": "é"}'],
      [200, 'text/html; charset=utf-8', '15', '<h1>你好</h1>'],
      [203, 'text/csv', '3', 'a,b'],
    ],
  )
  await app.close()
})

test('a request is answered also where its handler throws what nothing can be said about', async () => {
  const app = createApp({ env: 'test', logger: silent })
  const nothing: unknown = Object.create(null)
  app.get('/later', () => Promise.reject(nothing))
  app.get('/now', () => {
    throw nothing
  })
  for (const path of ['/now', '/later']) assert.equal((await app.inject(path)).status, 500)
  await app.close()
})

test('a text body does not go out with a status that has none', async () => {
  const app = createApp({ env: 'test', logger: silent })
  app.get('/', { query: z.object({ status: z.coerce.number() }) }, ({ query, reply }) => {
    reply.status(query.status)
    return textBody('{}')
  })
  for (const status of [204, 205, 304]) {
    const { headers, text, ...answer } = await app.inject(`/?status=${status}`)
    assert.deepEqual([answer.status, text, headers['content-type']], [status, '', undefined])
  }
  await app.close()
})

/** What a page sends that wants to add a header of its own to the answer. */
const forged = '/next\r\nset-cookie: session=stolen'

for (const [what, make] of Object.entries({
  'has a header of two lines': () => problem(302, 'Go on', { headers: { location: forged } }),
  'has a status that ends nothing': () => problem(100, 'Go on'),
  'has a status that is none': () => problem(1000, 'Go on'),
})) {
  test(`a problem that ${what} is a bare failure, told in the format of the app and logged`, async () => {
    const failures: unknown[] = []
    const logger = { ...silent, error: (_message: string, fields: unknown) => failures.push(fields) }
    const app = createApp({ env: 'production', logger })
    app.get('/', () => {
      throw make()
    })
    const { status, headers, json } = await app.inject('/')
    assert.deepEqual([status, headers['content-type']], [500, 'application/problem+json; charset=utf-8'])
    assert.equal(json<{ code: string }>().code, 'internal')
    assert.equal(headers['set-cookie'], undefined)
    assert.equal(failures.length, 1)
    await app.close()
  })
}

test('a header that a handler must not set is a failure of the server, and logged', async () => {
  const failures: unknown[] = []
  const logger = { ...silent, error: (_message: string, fields: unknown) => failures.push(fields) }
  await using app = createApp({ env: 'production', logger })
  app.get('/value', ({ reply }) => void reply.header('location', forged))
  app.get('/name', async ({ reply }) => void reply.header('x y', 'z'))
  for (const url of ['/value', '/name']) {
    const { status, headers, json } = await app.inject(url)
    assert.deepEqual([status, json<{ code: string }>().code], [500, 'invalid_header'])
    assert.equal(headers['set-cookie'], undefined)
  }
  assert.equal(failures.length, 2)
})

test('a query that runs when it is waited for is waited for', async () => {
  await using app = createApp({ env: 'test', logger: silent })
  // biome-ignore lint/suspicious/noThenProperty: as the queries of database libraries are
  const query = { then: (found: (rows: unknown) => void) => void found([1, 2]) }
  app.get('/', () => query as never)
  assert.equal((await app.inject('/')).text, '[1,2]')
})

test('a refused WebSocket has no header that a value of another smuggles in', async () => {
  const app = createApp({ env: 'production', logger: silent })
  app.websocket('/ws', () => {
    throw problem(403, 'No', { headers: { 'x-why': forged } })
  })
  await assert.rejects(app.connect('/ws'), { status: 500 })
  await app.close()
})

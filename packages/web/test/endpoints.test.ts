import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApp, createRouter, depends, problem } from '@posthouse/web'
import { z } from 'zod'

describe('an endpoint', () => {
  it('answers what its handler returns as JSON, also text, numbers, nothing and sets', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/object', () => ({ Hello: 'World' }))
    app.get('/set', () => new Set(['Hello']))
    app.get('/nested', () => ({ tags: new Set(['a']), by: new Map([['k', new Set([1])]]) }))
    app.get('/text', () => 'Hello')
    app.get('/number', () => 7)
    app.get('/no', () => false)
    app.get('/null', () => null)
    app.get('/nothing', () => undefined)
    const texts = []
    for (const path of ['object', 'set', 'nested', 'text', 'number', 'no', 'null', 'nothing']) {
      const { text, headers } = await app.inject(`/${path}`)
      assert.equal(headers['content-type'], 'application/json; charset=utf-8')
      texts.push(text)
    }
    assert.deepEqual(texts, [
      '{"Hello":"World"}',
      '["Hello"]',
      '{"tags":["a"],"by":{"k":[1]}}',
      '"Hello"',
      '7',
      'false',
      'null',
      'null',
    ])
  })

  it('reads its parameters, query and body by their schemas', async () => {
    await using app = createApp({ env: 'test' })
    const options = {
      params: z.object({ id: z.number().int() }),
      query: z.object({ deep: z.boolean().default(false), tag: z.array(z.string()).default([]) }),
      body: z.object({ name: z.string() }),
    }
    app.post('/items/{id}', options, ({ params, query, body }) => ({ id: params.id + 1, ...query, name: body.name }))
    const { text } = await app.inject({ method: 'POST', url: '/items/7?deep=true&tag=a', body: { name: 'ink' } })
    assert.equal(text, '{"id":8,"deep":true,"tag":["a"],"name":"ink"}')
  })

  it('is given the rest of its path by its name, with its slashes', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/files/{key:path}', ({ params }) => params)
    app.get(
      '/checked/{id}/{key:path}',
      { params: z.object({ id: z.number(), key: z.string() }) },
      ({ params }) => params,
    )
    assert.equal((await app.inject('/files/a/b%20c/%C3%A9.txt')).text, '{"key":"a/b c/é.txt"}')
    assert.equal((await app.inject('/checked/7/a/b')).text, '{"id":7,"key":"a/b"}')
  })

  it('says where a request does not fit', async () => {
    await using app = createApp({ env: 'test' })
    const options = {
      query: z.object({ n: z.number() }),
      body: z.object({ list: z.array(z.object({ 'a/b': z.number() })) }),
    }
    app.post('/', options, () => null)
    const first = await app.inject({ method: 'POST', url: '/?n=x', body: { list: [] } })
    assert.equal(first.status, 422)
    assert.equal(first.headers['content-type'], 'application/problem+json; charset=utf-8')
    const { errors } = first.json<{ errors: { in: string; pointer: string }[] }>()
    assert.deepEqual(
      errors.map(({ in: place, pointer }) => [place, pointer]),
      [['query', '#/n']],
    )
    const second = await app.inject({ method: 'POST', url: '/?n=1', body: { list: [{ 'a/b': '2' }] } })
    assert.deepEqual(second.json<{ errors: { pointer: string }[] }>().errors[0]?.pointer, '#/list/0/a~1b')
  })

  it('hands over what it depends on, once in a request, and cleans up after the response', async () => {
    await using app = createApp({ env: 'test' })
    const done: string[] = []
    const clean = Promise.withResolvers<void>()
    const counter = depends(({ defer }) => {
      done.push('made')
      defer((failure) => void done.push(`cleaned ${String(failure)}`))
      defer(() => clean.resolve())
      return 7
    })
    const doubled = depends({ dependencies: { counter } }, ({ deps }) => deps.counter * 2)
    app.get('/', { dependencies: { counter, doubled } }, ({ deps }) => [deps.counter, deps.doubled])
    assert.equal((await app.inject('/')).text, '[7,14]')
    await clean.promise
    await app.close()
    assert.deepEqual(done, ['made', 'cleaned undefined'])
  })

  it('is found through the routers that include its own', async () => {
    await using app = createApp({ env: 'test' })
    const items = createRouter({ prefix: '/items', tags: ['items'] })
    const api = createRouter({ prefix: '/api' })
    app.include(api, { prefix: '/v1' })
    api.include(items)
    const getItem = items.get('/{id}', ({ params }) => params.id)
    assert.equal(getItem.path, '/v1/api/items/{id}')
    assert.equal((await app.inject('/v1/api/items/x')).text, '"x"')
    assert.deepEqual(
      app.routes().map(({ path, tags }) => [path, tags]),
      [['/v1/api/items/{id}', ['items']]],
    )
  })

  it('tells the client of a problem that was thrown for it, and of no other', async () => {
    await using app = createApp({ env: 'test', logger: { debug() {}, info() {}, warn() {}, error() {} } })
    app.get('/gone', () => {
      throw problem(410, 'It was sold', { code: 'sold' })
    })
    app.get('/broken', () => {
      throw new Error('password is hunter2')
    })
    const gone = await app.inject({ url: '/gone', headers: { 'x-request-id': 'r1' } })
    assert.deepEqual(gone.json(), {
      type: 'about:blank',
      title: 'Gone',
      status: 410,
      detail: 'It was sold',
      code: 'sold',
      requestId: 'r1',
    })
    const broken = await app.inject('/broken')
    assert.equal(broken.status, 500)
    assert.doesNotMatch(broken.text, /hunter2/)
  })
})

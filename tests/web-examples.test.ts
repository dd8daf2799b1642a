import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { app as hello } from '../examples/50-hello.ts'
import { app as parameters } from '../examples/51-path-parameters.ts'
import { app as routers } from '../examples/52-routers.ts'
import { app as guarded } from '../examples/53-token-and-service.ts'
import { createService } from '../examples/54-production.ts'

suite('the examples of HTTP endpoints', () => {
  test('say hello, by every method', async () => {
    assert.equal((await hello.inject('/')).text, '{"Hello":"World"}')
    assert.equal((await hello.inject('/print')).text, '["Hello"]')
    for (const [method, text] of [
      ['POST', '"posted"'],
      ['PUT', '"put"'],
      ['PATCH', '"patched"'],
      ['DELETE', '"deleted"'],
      ['OPTIONS', '"options"'],
      ['TRACE', '"traced"'],
    ] as const) {
      assert.equal((await hello.inject({ method, url: '/things' })).text, text)
    }
    assert.equal((await hello.inject({ method: 'HEAD', url: '/things' })).headers['x-things'], 'none')
    for (const page of ['/docs', '/redoc', '/reference', '/openapi.json'])
      assert.equal((await hello.inject(page)).status, 200, page)
    await hello.close()
  })

  test('read parameters of a path', async () => {
    assert.equal((await parameters.inject('/john')).text, '{"name":"john"}')
    assert.equal((await parameters.inject('/%E4%BD%A0')).text, '{"name":"你"}')
    assert.equal((await parameters.inject('/me')).text, '{"name":"somebody"}')
    assert.equal((await parameters.inject('/items/7?deep=1')).text, '{"next":8,"deep":true}')
    assert.equal((await parameters.inject('/items/seven')).status, 422)
    await parameters.close()
  })

  test('lie in routers with prefixes and tags', async () => {
    assert.equal((await routers.inject('/api/items/1')).text, '{"id":1,"name":"ink"}')
    assert.equal((await routers.inject('/api/items/2')).status, 404)
    assert.equal(
      (await routers.inject({ method: 'POST', url: '/api/items', body: { id: 2, name: 'pen' } })).status,
      201,
    )
    assert.equal((await routers.inject('/api/items/2')).text, '{"id":2,"name":"pen"}')
    const counting = await routers.connect('/ws/count')
    for (const n of [1, 2, 3]) assert.equal(await counting.receiveJson(), n)
    assert.deepEqual(
      routers.routes().map(({ path, tags }) => [path, tags]),
      [
        ['/ws/count', ['websocket']],
        ['/api/items/{id}', ['items']],
        ['/api/items', ['items']],
      ],
    )
    await routers.close()
  })

  test('ask for a service and a token, and say what is wrong in the order of checking', async () => {
    const me = (url: string, authorization = '') =>
      guarded.inject({ url, headers: authorization === '' ? {} : { authorization } })
    for (const [url, token, detail] of [
      ['/private/me?service=other', 'Bearer alice-token', 'unsupported service'],
      ['/private/me', '', 'The request shows no credentials'],
      ['/private/me', 'Bearer wrong', 'invalid token'],
    ] as const) {
      const answer = await me(url, token)
      assert.deepEqual([answer.status, answer.json<{ detail: string }>().detail], [401, detail])
    }
    assert.equal((await me('/private/me', 'Bearer alice-token')).text, '{"name":"alice"}')
    assert.equal((await me('/private/me?service=guests', 'Bearer abc')).text, '{"name":"guest 3"}')
  })

  test('give a ticket for one socket to whoever shows a token', async () => {
    const headers = { authorization: 'Bearer alice-token' }
    const { ticket } = (await guarded.inject({ method: 'POST', url: '/private/ticket', headers })).json<{
      ticket: string
    }>()
    const socket = await guarded.connect('/private/ws', { query: { ticket } })
    assert.equal(await socket.receiveText(), 'hello alice')
    await assert.rejects(guarded.connect('/private/ws', { query: { ticket } }), { status: 401 })
    await guarded.close()
  })

  test('hide their documents in production', async () => {
    for (const [name, status] of [
      ['shop-dev', 200],
      ['shop', 404],
    ] as const) {
      await using service = createService(name)
      for (const page of ['/docs', '/redoc', '/openapi.json'])
        assert.equal((await service.inject(page)).status, status, `${name}${page}`)
      await service.inject('/visits')
      assert.equal((await service.inject('/visits')).text, '2')
    }
  })
})

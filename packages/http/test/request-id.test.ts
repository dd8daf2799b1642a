import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { closeGlobalClient, get, getGlobalClient, post, requestContext } from '../src/index.ts'
import { quietClient } from './quiet.ts'
import { startServer, type TestServer } from './servers.ts'

const startEcho = (): Promise<TestServer> =>
  startServer((request, response) => {
    const ids = request.rawHeaders.filter((_, index) => request.rawHeaders[index - 1]?.toLowerCase() === 'x-request-id')
    response.end(ids.filter((_, index) => index % 2 === 0 || ids.length === 1).join())
  })

describe('x-request-id', () => {
  test('is on every request, and another each time', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    const ids = [await client.get(server.url), await client.get(server.url)].map((response) => response.text())
    const [first, second] = await Promise.all(ids)
    assert.match(first ?? '', /^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    assert.notEqual(first, second)
  })

  test('is kept in any spelling, and goes out once', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    for (const name of ['x-request-id', 'X-Request-ID', 'X-REQUEST-ID']) {
      const response = await client.get(server.url, { headers: { [name]: 'given' } })
      assert.equal(await response.text(), 'given')
      assert.equal(response.request.id, 'given')
    }
  })

  test('is that of the incoming request that is being answered', async () => {
    await using server = await startEcho()
    await using client = quietClient()
    await requestContext.run({ requestId: 'incoming' }, async () => {
      await Promise.resolve()
      assert.equal(await (await client.get(server.url)).text(), 'incoming')
    })
  })

  test('is made by whom the client names', async () => {
    await using server = await startEcho()
    await using client = quietClient({ requestId: () => 'made' })
    assert.equal(await (await client.get(server.url)).text(), 'made')
  })

  test('is the same at every attempt', async () => {
    const ids = new Set<unknown>()
    await using server = await startServer((request, response) => {
      ids.add(request.headers['x-request-id'])
      response.writeHead(503).end()
    })
    await using client = quietClient({ retry: { baseMs: 0 } })
    assert.equal((await client.get(server.url)).attempts, 4)
    assert.equal(ids.size, 1)
  })
})

test('the storage of the context is the one that every package finds', () => {
  const shared: unknown = Reflect.get(globalThis, Symbol.for('posthouse.requestContext'))
  assert.equal(shared, requestContext)
})

test('the global client is made when it is used, and again after it was closed', async () => {
  await using server = await startServer((request, response) => response.end(request.method))
  assert.equal(await (await get(server.url, { retry: false })).text(), 'GET')
  assert.equal(await (await post(server.url, { json: { key: 'value' } })).text(), 'POST')
  const first = getGlobalClient()
  assert.equal(first.metrics().total, 2)
  await closeGlobalClient()
  await closeGlobalClient()
  await get(server.url)
  assert.notEqual(getGlobalClient(), first)
  await closeGlobalClient()
})

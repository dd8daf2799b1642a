import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aiorequests, createHttpClient, fastkit, HttpHeaders, IncomingBody, type Transport } from '../src/index.ts'
import { failure } from './quiet.ts'
import { answering, startRaw } from './raw-server.ts'
import { startServer } from './servers.ts'

const client = (options: Parameters<typeof createHttpClient>[0] = {}): ReturnType<typeof createHttpClient> =>
  createHttpClient({ preset: fastkit, logging: false, proxy: false, retry: { baseMs: 0 }, ...options })

const giving =
  (status: number, body = ''): Transport =>
  async () => ({ status, statusText: '', headers: new HttpHeaders(), body: IncomingBody.of(Buffer.from(body)) })

describe('with the habits of document 004 a failure is a response', () => {
  test('of 606 where retries did not help: it names URL, last status and last body', async () => {
    const response = await client({ transport: giving(503, 'too busy') }).get('http://h/x')
    assert.equal(response.status, 606)
    assert.equal(response.attempts, 3)
    const text = await response.text()
    for (const part of ['http://h/x', '503', 'too busy']) assert.ok(text.includes(part), text)
    assert.throws(() => response.raiseForStatus(), { code: 'bad_status', thirdPartyStatus: 606 })
  })

  test('of 603 where the server cannot be reached', async () => {
    const response = await client().get('http://127.0.0.1:1/')
    assert.equal(response.status, 603)
    assert.equal(response.failure?.code, 'connect_failed')
    assert.equal(response.ok, false)
    assert.throws(() => response.raiseForStatus(), { code: 'connect_failed' })
  })

  test('of 604 where time is up', async () => {
    await using server = await startServer(() => undefined)
    await using patient = client({ retry: false, timeout: { firstByte: 20 } })
    assert.equal((await patient.get(server.url)).status, 604)
  })

  test('of 605 where the connection is lost', async () => {
    await using server = await startRaw((socket) => socket.once('data', () => socket.resetAndDestroy()))
    assert.equal((await client().get(`http://127.0.0.1:${server.port}`)).status, 605)
  })

  test('of 602 where the answer is none', async () => {
    await using server = await startRaw(answering('hello\r\n\r\n'))
    assert.equal((await client().get(`http://127.0.0.1:${server.port}`)).status, 602)
  })

  test('of 601 where the server sends in circles', async () => {
    const transport: Transport = async () => ({
      status: 302,
      statusText: '',
      headers: new HttpHeaders({ location: '/' }),
      body: IncomingBody.of(new Uint8Array()),
    })
    assert.equal((await client({ transport }).get('http://h/')).status, 601)
  })

  test('of 600 where the request makes no sense', async () => {
    const response = await client().get('no url')
    assert.equal(response.status, 600)
    assert.equal(response.attempts, 0)
  })

  test('but a status that the server gave and that is not tried again stays what it is', async () => {
    assert.equal((await client({ transport: giving(404) }).get('http://h/')).status, 404)
    assert.equal((await client({ transport: giving(503) }).post('http://h/')).status, 503)
  })

  test('for one request or for a client, also without the preset', async () => {
    const plain = createHttpClient({ logging: false, retry: false })
    assert.equal((await plain.get('http://127.0.0.1:1/', { errors: 'response' })).status, 603)
    await failure(client().get('http://127.0.0.1:1/', { errors: 'throw', retry: false }), 'connect_failed')
  })
})

test('aiorequests is ready without anything being set up', async () => {
  await using server = await startServer((request, response) => response.end(request.headers['x-request-id']))
  const response = await aiorequests.get(server.url, { params: { a: 1 }, headers: { 'X-Request-Id': 'mine' } })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'mine')
  await aiorequests.close()
})

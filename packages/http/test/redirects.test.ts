import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { type HopRequest, HttpHeaders, IncomingBody, type Transport } from '../src/index.ts'
import { failure, quietClient } from './quiet.ts'
import { startServer } from './servers.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: HttpHeaders
  readonly hasBody: boolean
}

/** Redirects from each URL of the map to its location; everything else is a page. */
function site(map: Record<string, readonly [status: number, location: string]>): {
  transport: Transport
  seen: Seen[]
} {
  const seen: Seen[] = []
  const transport = async (hop: HopRequest): ReturnType<Transport> => {
    seen.push({ method: hop.method, url: hop.url.href, headers: hop.headers.copy(), hasBody: hop.body !== undefined })
    const [status, location] = map[hop.url.href] ?? [200, undefined]
    const headers = new HttpHeaders(location === undefined ? {} : { location })
    return { status, statusText: '', headers, body: IncomingBody.of(Buffer.from('page')) }
  }
  return { transport, seen }
}

describe('a redirection', () => {
  test('is followed, and the response says from where', async () => {
    const { transport } = site({ 'http://a/1': [302, '/2'], 'http://a/2': [301, 'http://b/3'] })
    const response = await quietClient({ transport }).get('http://a/1')
    assert.equal(response.url, 'http://b/3')
    assert.deepEqual(response.redirects, ['http://a/1', 'http://a/2'])
    assert.equal(response.attempts, 1)
  })

  for (const [status, method, then] of [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ] as const) {
    test(`with ${status} makes ${then} of ${method}`, async () => {
      const { transport, seen } = site({ 'http://a/1': [status, '/2'] })
      await quietClient({ transport }).request(method, 'http://a/1', method === 'HEAD' ? {} : { json: { a: 1 } })
      const [, last] = seen
      assert.equal(last?.method, then)
      assert.equal(last?.hasBody, then !== 'GET' && then !== 'HEAD')
      assert.equal(last?.headers.has('content-type'), last?.hasBody)
      assert.equal(last?.headers.has('content-length'), last?.hasBody)
    })
  }

  for (const [status, attempts] of [
    [303, 1],
    [307, 2],
  ] as const) {
    test(`with ${status} to a server that is not there repeats a POST ${attempts - 1} times`, async () => {
      const { transport, seen } = site({ 'http://a/1': [status, 'http://b/2'] })
      const halfThere: Transport = (hop) => {
        if (hop.url.host === 'b') return Promise.reject(new PosthouseError('connect_failed', 'nobody listens'))
        return transport(hop)
      }
      const client = quietClient({ transport: halfThere, retry: { attempts: 2, baseMs: 0 } })
      const error = await failure(client.post('http://a/1', { json: {} }), 'connect_failed')
      assert.equal(error.attempt, attempts)
      assert.equal(seen.length, attempts)
    })
  }

  test('to another origin leaves secrets behind, in whatever header they are', async () => {
    const { transport, seen } = site({ 'http://a/1': [302, 'http://b/2'] })
    const secrets = {
      authorization: 'Bearer x',
      cookie: 'a=b',
      'x-api-key': 'x',
      'x-my-token': 'x',
      'client-secret': 'x',
      'x-mine': 'x',
      host: 'a',
    }
    const client = quietClient({ transport, redirects: { secretHeaders: ['X-Mine'] } })
    await client.get('http://a/1', { headers: { ...secrets, 'x-plain': 'y' } })
    for (const name of Object.keys(secrets)) assert.equal(seen[1]?.headers.has(name), false, name)
    assert.equal(seen[1]?.headers.get('x-plain'), 'y')
    assert.ok(seen[1]?.headers.has('x-request-id'))
  })

  test('to another origin leaves behind what the client was told is secret', async () => {
    const { transport, seen } = site({ 'http://a/1': [302, 'http://b/2'] })
    const client = quietClient({ transport, secrets: ['X-Tenant'], headers: { 'x-tenant': 'S3' } })
    await client.get('http://a/1')
    await client.get('http://a/1', { redirects: { max: 2, secretHeaders: ['x-mine'] }, headers: { 'x-mine': 'S4' } })
    const others = seen.filter(({ url }) => url === 'http://b/2')
    assert.deepEqual(
      others.map(({ headers }) => [headers.has('x-tenant'), headers.has('x-mine')]),
      [
        [false, false],
        [false, false],
      ],
    )
  })

  test('with a user and a password in its location shows them nowhere', async () => {
    const { transport, seen } = site({ 'http://a/1': [302, 'http://us:pw@b/2'] })
    const response = await quietClient({ transport }).get('http://a/1')
    assert.equal(response.url, 'http://b/2')
    assert.equal(seen[1]?.headers.has('authorization'), false)
  })

  test('within an origin keeps them', async () => {
    const { transport, seen } = site({ 'http://a/1': [302, '/2'] })
    await quietClient({ transport }).get('http://a/1', { headers: { authorization: 'x' } })
    assert.equal(seen[1]?.headers.get('authorization'), 'x')
  })

  test('from https to http is refused, unless it is allowed', async () => {
    const { transport } = site({ 'https://a/1': [302, 'http://a/2'] })
    await failure(quietClient({ transport }).get('https://a/1'), 'redirect_refused')
    const allowed = quietClient({ transport, redirects: { allowDowngrade: true } })
    assert.equal((await allowed.get('https://a/1')).url, 'http://a/2')
  })

  test('to something other than HTTP is refused', async () => {
    for (const location of ['file:///etc/passwd', 'ftp://a/', 'data:text/plain,x', 'http://']) {
      const { transport } = site({ 'http://a/1': [302, location] })
      await failure(quietClient({ transport }).get('http://a/1'), 'redirect_refused')
    }
  })

  test('in a circle ends', async () => {
    const { transport, seen } = site({ 'http://a/1': [302, '/2'], 'http://a/2': [302, '/1'] })
    const error = await failure(quietClient({ transport }).get('http://a/1'), 'too_many_redirects')
    assert.equal(seen.length, 11)
    assert.equal(error.attempt, 1)
    await failure(quietClient({ transport, redirects: { max: 1 } }).get('http://a/1'), 'too_many_redirects')
  })

  test('of a body that can be sent only once is refused', async () => {
    await using server = await startServer((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(307, { location: '/2' }).end())
    })
    await using client = quietClient()
    await failure(client.post(server.url, { body: ['once'] }), 'redirect_refused')
  })

  test('is an answer where they are not followed', async () => {
    const { transport } = site({ 'http://a/1': [302, '/2'] })
    const client = quietClient({ transport, redirects: false })
    assert.equal((await client.get('http://a/1')).status, 302)
    assert.equal((await client.get('http://a/1', { redirects: true })).status, 200)
    assert.equal((await quietClient({ transport }).get('http://a/1', { redirects: false })).status, 302)
  })

  test('keeps the connection where its body is short, and closes it where it is long', async () => {
    const ports = new Set<number | undefined>()
    await using server = await startServer((request, response) => {
      ports.add(request.socket.remotePort)
      if (request.url === '/short') response.writeHead(302, { location: '/end' }).end('moved')
      else if (request.url === '/long') response.writeHead(302, { location: '/end' }).end(Buffer.alloc(4_000_000))
      else response.end('end')
    })
    await using client = quietClient()
    await client.get(`${server.url}/short`)
    assert.equal(ports.size, 1)
    assert.equal(await (await client.get(`${server.url}/long`)).text(), 'end')
    assert.equal(ports.size, 2)
  })
})

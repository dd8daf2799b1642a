import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Wire, type WireOptions, type WireParts } from '../src/wire/wire.ts'
import { issue, withoutOpenssl } from './certificates.ts'
import { startProxy, startSocks } from './proxies.ts'
import { askOnce, startServer } from './servers.ts'

const proxyFailed = { code: 'proxy_failed' }
const basic = `Basic ${btoa('us@er:canary')}`

async function ask(url: string, options: WireOptions, parts?: WireParts): Promise<string> {
  await using wire = new Wire(options, parts)
  return await askOnce(wire, url)
}

/** A server that tells all headers that it was sent. */
const telling = (tls?: { cert: string; key: string }) =>
  startServer((request, response) => void response.end(JSON.stringify({ url: request.url, ...request.headers })), tls)

suite('requests for http', () => {
  test('are handed to an HTTP proxy, which is told who asks; the server is not', async () => {
    await using server = await telling()
    await using proxy = await startProxy({ wants: basic })
    const url = proxy.url.replace('//', '//us%40er:canary@')
    const answer = await ask(`${server.url}/path?q=1`, { proxy: url })
    assert.deepEqual(proxy.seen, [`GET ${server.url}/path?q=1`])
    assert.equal(JSON.parse(answer).url, '/path?q=1')
    assert.equal(JSON.parse(answer).host, `127.0.0.1:${server.port}`)
    assert.doesNotMatch(answer, /canary|proxy-authorization|Basic/)
  })

  test('go where the environment says, or past it', async () => {
    await using server = await telling()
    await using proxy = await startProxy()
    const host = `127.0.0.1:${proxy.port}`
    await ask(server.url, {}, { env: { http_proxy: host } })
    assert.equal(proxy.seen.length, 1)
    await ask(server.url, {}, { env: { HTTP_PROXY: host, NO_PROXY: '127.0.0.0/8' } })
    await ask(server.url, { proxy: false }, { env: { HTTP_PROXY: host } })
    assert.equal(proxy.seen.length, 1)
  })

  test('fail when the proxy does not know who asks, and never go past it', async () => {
    await using server = await telling()
    await using proxy = await startProxy({ wants: basic })
    const failure = { ...proxyFailed, message: /407/ }
    await assert.rejects(ask(server.url, { proxy: proxy.url }), failure)
    await assert.rejects(
      ask(server.url, { proxy: { url: proxy.url, headers: { 'proxy-authorization': 'x' } } }),
      failure,
    )
  })
})

suite('requests for https', { skip: withoutOpenssl }, async () => {
  const authority = await issue('authority', { authority: true })
  const identity = await issue('server', { by: authority })
  const tls = { ca: authority.cert }

  test('go through a tunnel that an HTTP proxy makes; credentials end there', async () => {
    await using server = await telling(identity)
    await using proxy = await startProxy({ wants: basic })
    const url = proxy.url.replace('//', '//us%40er:canary@')
    const answer = await ask(`${server.url}/path`, { proxy: url, tls })
    assert.deepEqual(proxy.seen, [`CONNECT 127.0.0.1:${server.port}`])
    assert.doesNotMatch(answer, /canary|proxy-authorization|Basic/)
  })

  test('end at the server that they are for, whoever makes the tunnel', async () => {
    await using server = await telling(await issue('another', { by: authority, names: 'DNS:another.example' }))
    await using proxy = await startProxy({ leadsTo: server.port })
    await assert.rejects(ask('https://bank.example', { proxy: proxy.url, tls }), { code: 'tls_failed' })
    assert.deepEqual(proxy.seen, ['CONNECT bank.example:443'])
    const pinned = { ca: authority.cert, pins: [(await issue('x')).pin] }
    await assert.rejects(ask('https://another.example', { proxy: proxy.url, tls: pinned }), { message: /pinned/ })
    assert.match(await ask('https://another.example', { proxy: proxy.url, tls }), /another\.example/)
  })

  test('go through a proxy that is spoken to in TLS itself, whose certificate is verified too', async () => {
    await using server = await telling(identity)
    await using plain = await telling()
    await using proxy = await startProxy({ tls: identity })
    assert.match(await ask(server.url, { proxy: proxy.url, tls }), /host/)
    assert.match(await ask(plain.url, { proxy: proxy.url, tls }), /host/)
    assert.match(await ask(plain.url, { proxy: { url: proxy.url, tls } }), /host/)
    assert.deepEqual(
      proxy.seen.map((line) => line.split(' ')[0]),
      ['CONNECT', 'GET', 'GET'],
    )
    await assert.rejects(ask(server.url, { proxy: { url: proxy.url, tls: {} }, tls }), proxyFailed)
    await assert.rejects(ask(plain.url, { proxy: proxy.url }), { code: 'tls_failed' })
  })

  for (const [name, behaviour] of Object.entries({
    'does not know who asks': { wants: basic },
    'says no': { refuses: 403 },
    'hangs up': { cuts: true },
  })) {
    test(`fail when the proxy ${name}, and never go past it`, async () => {
      await using server = await telling(identity)
      await using proxy = await startProxy(behaviour)
      const url = proxy.url.replace('//', '//someone:canary@')
      await assert.rejects(ask(server.url, { proxy: url, tls }), (error: Error & { code?: string }) => {
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error.cause)}`, /canary|someone/)
        return error.code === 'proxy_failed'
      })
      assert.equal(proxy.seen.length, 1)
    })
  }

  test('fail when there is no proxy', async () => {
    await using server = await telling(identity)
    const gone = await startProxy()
    await gone[Symbol.asyncDispose]()
    for (const proxy of [gone.url, gone.url.replace('http:', 'socks5:')]) {
      await assert.rejects(ask(server.url, { proxy, tls }), proxyFailed, proxy)
    }
  })

  test('do not take credentials for a proxy among their headers', async () => {
    await using proxy = await startProxy()
    for (const origin of ['http://a.example', 'https://a.example']) {
      await using wire = new Wire({ proxy: proxy.url })
      const { dispatcher } = wire.open(origin)
      const headers = { 'Proxy-Authorization': 'canary' }
      const request = dispatcher.request({ path: '/', method: 'GET', origin, headers })
      await assert.rejects(request, { code: 'invalid_option' })
      await dispatcher.destroy()
    }
    assert.deepEqual(proxy.seen, [])
  })
})

suite('SOCKS', { skip: withoutOpenssl }, async () => {
  const identity = await issue('server')
  const tls = { ca: identity.cert }

  test('leads to servers with TLS and without; the proxy resolves their names', async () => {
    await using plain = await telling()
    await using secure = await telling(identity)
    await using proxy = await startSocks()
    assert.match(await ask(`http://localhost:${plain.port}`, { proxy: proxy.url }), /host/)
    assert.match(await ask(secure.url, { proxy: proxy.url, tls }), /host/)
    assert.deepEqual(proxy.seen, [`SOCKS localhost:${plain.port}`, `SOCKS 127.0.0.1:${secure.port}`])
  })

  test('tells who asks', async () => {
    await using plain = await telling()
    await using proxy = await startSocks({ wants: 'us@er:canary' })
    const answer = await ask(plain.url, { proxy: proxy.url.replace('//', '//us%40er:canary@') })
    assert.doesNotMatch(answer, /canary/)
    assert.deepEqual(proxy.credentials, ['us@er:canary'])
    await assert.rejects(ask(plain.url, { proxy: proxy.url.replace('//', '//us%40er:wrong@') }), proxyFailed)
    await assert.rejects(ask(plain.url, { proxy: proxy.url }), proxyFailed)
  })

  test('fails where the proxy says no or hangs up', async () => {
    await using plain = await telling()
    await using unwilling = await startSocks({ refuses: 2 })
    await assert.rejects(ask(plain.url, { proxy: unwilling.url }), { ...proxyFailed, message: /rules do not allow/ })
    await using cutting = await startSocks({ cuts: true })
    await assert.rejects(ask(plain.url, { proxy: cutting.url }), proxyFailed)
    await using http = await telling()
    const other = http.url.replace('http:', 'socks5:')
    await assert.rejects(ask(plain.url, { proxy: other }, { connectTimeoutMs: 500 }), proxyFailed)
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Environment, proxyHeaders, proxyRoute } from '../src/wire/proxy.ts'

/** Where requests to a URL go, as `host:port` of the proxy; undefined for straight ones. */
function wayOf(url: string, env: Environment): string | undefined {
  const proxy = proxyRoute('environment', env)(new URL(url))
  return proxy && `${proxy.protocol}//${proxy.hostname}:${proxy.port}`
}

suite('the proxy that the environment names', () => {
  const table: readonly (readonly [Environment, string, string | undefined])[] = [
    [{}, 'http://a.example', undefined],
    [{ HTTP_PROXY: 'http://p.example:3128' }, 'http://a.example', 'http://p.example:3128'],
    [{ HTTP_PROXY: 'http://p.example:3128' }, 'https://a.example', undefined],
    [{ HTTPS_PROXY: 'http://p.example:3128' }, 'https://a.example', 'http://p.example:3128'],
    [{ HTTPS_PROXY: 'http://p.example:3128' }, 'http://a.example', undefined],
    [
      { https_proxy: 'http://low.example:1', HTTPS_PROXY: 'http://up.example:2' },
      'https://a.example',
      'http://low.example:1',
    ],
    [{ https_proxy: '', HTTPS_PROXY: 'http://up.example:2' }, 'https://a.example', undefined],
    [{ http_proxy: 'p.example:3128' }, 'http://a.example', 'http://p.example:3128'],
    [{ http_proxy: 'p.example' }, 'http://a.example', 'http://p.example:80'],
    [{ http_proxy: 'http://p.example' }, 'http://a.example', 'http://p.example:80'],
    [{ http_proxy: 'https://p.example' }, 'http://a.example', 'https://p.example:443'],
    [{ http_proxy: ' http://p.example:8 ' }, 'http://a.example', 'http://p.example:8'],
    [{ http_proxy: '[::1]:3128' }, 'http://a.example', 'http://::1:3128'],
    [{ all_proxy: 'socks5://p.example' }, 'http://a.example', 'socks5://p.example:1080'],
    [{ ALL_PROXY: 'socks5h://p.example:9' }, 'https://a.example', 'socks5://p.example:9'],
    [{ ALL_PROXY: 'all.example:1', HTTP_PROXY: 'http.example:2' }, 'http://a.example', 'http://http.example:2'],
    [{ ALL_PROXY: 'all.example:1', HTTP_PROXY: 'http.example:2' }, 'https://a.example', 'http://all.example:1'],
    [{ HTTP_PROXY: 'p.example:1', NO_PROXY: 'a.example' }, 'http://a.example', undefined],
    [
      { HTTP_PROXY: 'p.example:1', NO_PROXY: 'a.example', no_proxy: 'b.example' },
      'http://a.example',
      'http://p.example:1',
    ],
    [{ HTTP_PROXY: 'p.example:1', REQUEST_METHOD: 'GET' }, 'http://a.example', undefined],
    [{ http_proxy: 'p.example:1', REQUEST_METHOD: 'GET' }, 'http://a.example', 'http://p.example:1'],
  ]
  for (const [env, url, expected] of table) {
    test(`${JSON.stringify(env)} sends ${url} ${expected === undefined ? 'straight' : `through ${expected}`}`, () => {
      assert.equal(wayOf(url, env), expected)
    })
  }

  test('fails the requests that would use it where it makes no sense, and no others, and keeps its password', () => {
    for (const value of [
      'http://',
      'ftp://user:canary@p.example',
      'http://%zz:canary@p.example',
      'http://p.example:99999999',
    ]) {
      const route = proxyRoute('environment', { HTTPS_PROXY: value, NO_PROXY: 'b.example' })
      assert.equal(route(new URL('http://a.example')), undefined)
      assert.equal(route(new URL('https://b.example')), undefined)
      assert.throws(
        () => route(new URL('https://a.example')),
        (error: Error & { code?: string }) => error.code === 'invalid_option' && !error.message.includes('canary'),
        value,
      )
    }
  })
})

suite('a proxy by option', () => {
  test('is judged at once', () => {
    assert.throws(() => proxyRoute('gopher://p.example', {}), { code: 'invalid_option' })
    assert.throws(() => proxyRoute({ url: 'http://' }, {}), { code: 'invalid_option' })
  })

  test('wins over the environment, has a list of its own, and can be none', () => {
    const env = { http_proxy: 'http://env.example:1', no_proxy: '*' }
    const route = proxyRoute({ url: 'http://p.example:2', noProxy: ['b.example', '10.0.0.0/8'] }, env)
    assert.equal(route(new URL('http://a.example'))?.hostname, 'p.example')
    assert.equal(route(new URL('http://b.example')), undefined)
    assert.equal(route(new URL('http://10.2.3.4')), undefined)
    assert.equal(proxyRoute(false, { http_proxy: 'http://env.example:1' })(new URL('http://a.example')), undefined)
  })

  test('is told who asks, in the encoding that its URL stands for', () => {
    const proxy = proxyRoute('http://us%40er:p%3Ass@p.example', {})(new URL('http://a.example'))
    assert.ok(proxy)
    assert.deepEqual(proxyHeaders(proxy), { 'proxy-authorization': `Basic ${btoa('us@er:p:ss')}` })
    const named = proxyRoute({ url: 'http://u:p@p.example', headers: { 'proxy-authorization': 'Bearer t' } }, {})
    const own = named(new URL('http://a.example'))
    assert.ok(own)
    assert.deepEqual(proxyHeaders(own), { 'proxy-authorization': 'Bearer t' })
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createHttpClient } from '@posthouse/http'
import { memoryTransport } from '@posthouse/http/testing'
import { CookieJar } from 'tough-cookie'
import { startHttpbin } from '../../../tests/httpbin/httpbin.ts'

suite('cookies', () => {
  test('that a server sets come back to it, also in the middle of redirections', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url, cookies: true })
    const first = await client.get('/cookies/set?session=canary&lang=en')
    assert.deepEqual(await first.json(), { cookies: { session: 'canary', lang: 'en' } })
    await client.get('/cookies/delete?lang=')
    assert.deepEqual(await (await client.get('/cookies')).json(), { cookies: { session: 'canary' } })
  })

  test('are not kept by those who do not ask for them', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    assert.deepEqual(await (await client.get('/cookies/set?a=1')).json(), { cookies: {} })
  })

  test('go to the hosts and paths that they are for, and secure ones over https only', async () => {
    const transport = memoryTransport(({ url }) => {
      const set = [
        'host=1; Path=/',
        'domain=2; Domain=shop.example; Path=/',
        'path=3; Path=/cart',
        'secure=4; Secure; Path=/',
        'foreign=5; Domain=bank.example',
        'suffix=6; Domain=example.co.uk',
        'public=7; Domain=co.uk',
        'nonsense',
      ]
      return { headers: url.pathname === '/set' ? { 'set-cookie': set } : {} }
    })
    await using client = createHttpClient({ logging: false, transport, cookies: true })
    await client.get('https://www.shop.example/set')
    const sentTo = async (url: string): Promise<string | undefined> => {
      await client.get(url)
      return transport.sent.at(-1)?.headers.get('cookie')
    }
    assert.equal(await sentTo('https://www.shop.example/'), 'host=1; domain=2; secure=4')
    assert.equal(await sentTo('https://www.shop.example/cart/1'), 'path=3; host=1; domain=2; secure=4')
    assert.equal(await sentTo('http://www.shop.example/'), 'host=1; domain=2')
    assert.equal(await sentTo('https://other.shop.example/'), 'domain=2')
    assert.equal(await sentTo('https://bank.example/'), undefined)
    await client.get('https://example.co.uk/set')
    assert.match((await sentTo('https://www.example.co.uk/')) ?? '', /suffix=6/)
    assert.equal(await sentTo('https://victim.co.uk/'), undefined)
  })

  test('of the caller win over those of the same name, and go on with the others', async () => {
    const transport = memoryTransport(() => ({ headers: { 'set-cookie': ['a=kept; Path=/', 'b=kept; Path=/'] } }))
    await using client = createHttpClient({ logging: false, transport, cookies: true })
    await client.get('http://shop.example/')
    await client.get('http://shop.example/', { headers: { Cookie: 'a=mine' } })
    assert.equal(transport.sent.at(-1)?.headers.get('cookie'), 'a=mine; b=kept')
  })

  test('can be kept in a jar that is there already', async () => {
    const jar = new CookieJar()
    await jar.setCookie('known=1; Path=/', 'http://shop.example/')
    const transport = memoryTransport(() => ({ headers: { 'set-cookie': 'new=2; Path=/' } }))
    await using client = createHttpClient({ logging: false, transport, cookies: jar })
    await client.get('http://shop.example/')
    assert.equal(transport.sent[0]?.headers.get('cookie'), 'known=1')
    assert.equal(await jar.getCookieString('http://shop.example/'), 'known=1; new=2')
  })
})

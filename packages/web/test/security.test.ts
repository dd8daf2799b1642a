import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import {
  apiKey,
  basic,
  bearer,
  createApp,
  createRouter,
  oauth2Password,
  passwordGrant,
  problem,
  rateLimit,
  sameSecret,
  Tickets,
} from '@posthouse/web'

interface User {
  readonly name: string
}

const users = new Map([['s3cret', { name: 'ana' }]])

describe('a token', () => {
  const currentUser = bearer<User>((token) => users.get(token))

  it('lets its holder in, and nobody else', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/me', { dependencies: { user: currentUser } }, ({ deps }) => deps.user.name)
    const get = (authorization?: string) =>
      app.inject({ url: '/me', headers: authorization === undefined ? {} : { authorization } })
    assert.equal((await get('Bearer s3cret')).text, '"ana"')
    assert.equal((await get('bearer s3cret')).text, '"ana"')
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer wrong',
      'Basic s3cret',
      's3cret',
      'Bearer s3cret x',
      'Bearer  ',
    ]) {
      const { status, headers, text } = await get(wrong)
      assert.equal(status, 401, wrong)
      assert.equal(headers['www-authenticate'], 'Bearer')
      assert.doesNotMatch(text, /s3cret/)
    }
  })

  it('guards every endpoint of a router, before its body is looked at', async () => {
    await using app = createApp({ env: 'test' })
    const router = createRouter({ dependencies: [currentUser] })
    router.post('/', { body: { type: 'object' } }, () => 1)
    app.include(router)
    assert.equal((await app.inject({ method: 'POST', url: '/', body: [] })).status, 401)
    const headers = { authorization: 'Bearer s3cret' }
    assert.equal((await app.inject({ method: 'POST', url: '/', body: [], headers })).status, 422)
  })

  it('may be refused by the check with another status', async () => {
    await using app = createApp({ env: 'test' })
    const staff = bearer<User>(() => {
      throw problem(403, 'Only staff comes in here')
    })
    app.get('/', { dependencies: { staff } }, () => 1)
    assert.equal((await app.inject({ url: '/', headers: { authorization: 'Bearer s3cret' } })).status, 403)
  })

  it('can be got by name and password, as the documents say', async () => {
    await using app = createApp({ env: 'test' })
    const user = oauth2Password<User>({ tokenUrl: '/token', scopes: { read: 'Reads' } }, (token) => users.get(token))
    app.post('/token', { body: passwordGrant }, ({ body }) => {
      if (body.username !== 'ana' || !sameSecret(body.password, 'pass')) throw problem(400, 'Wrong name or password')
      return { access_token: 's3cret', token_type: 'bearer' }
    })
    app.get('/me', { dependencies: { user } }, ({ deps }) => deps.user)
    const login = (body: string) =>
      app.inject({
        method: 'POST',
        url: '/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      })
    assert.equal((await login('username=ana&password=wrong')).status, 400)
    assert.equal((await login('username=ana')).status, 422)
    const { access_token } = (await login('grant_type=password&username=ana&password=pass')).json<{
      access_token: string
    }>()
    const { text } = await app.inject({ url: '/me', headers: { authorization: `Bearer ${access_token}` } })
    assert.equal(text, '{"name":"ana"}')
    const { components } = app.openapi() as { components: { securitySchemes: unknown } }
    assert.deepEqual(components.securitySchemes, {
      oauth2: { type: 'oauth2', flows: { password: { tokenUrl: '/token', scopes: { read: 'Reads' } } } },
    })
  })
})

describe('other credentials', () => {
  it('are a key in a header, a query or a cookie', async () => {
    await using app = createApp({ env: 'test' })
    for (const place of ['header', 'query', 'cookie'] as const) {
      const user = apiKey<User>({ in: place, name: 'x-key' }, (key) => users.get(key))
      app.get(`/${place}`, { dependencies: { user } }, ({ deps }) => deps.user.name)
    }
    assert.equal((await app.inject({ url: '/header', headers: { 'x-key': 's3cret' } })).text, '"ana"')
    assert.equal((await app.inject('/query?x-key=s3cret')).text, '"ana"')
    assert.equal((await app.inject({ url: '/cookie', cookies: { 'x-key': 's3cret' } })).text, '"ana"')
    for (const url of ['/header?x-key=s3cret', '/query', '/query?x-key=', '/cookie'])
      assert.equal((await app.inject(url)).status, 401, url)
    assert.equal((await app.inject('/query?x-key=s3cret&x-key=s3cret')).status, 400)
  })

  it('are a name and a password', async () => {
    await using app = createApp({ env: 'test' })
    const user = basic<User>((name, password) => name === 'ü' && sameSecret(password, 'a:b') && { name }, {
      realm: 'a "b"',
    })
    app.get('/', { dependencies: { user } }, ({ deps }) => deps.user.name)
    const get = (pair: string) =>
      app.inject({ url: '/', headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } })
    assert.equal((await get('ü:a:b')).text, '"ü"')
    for (const pair of ['ü:a', 'ü', ':', 'x:a:b']) assert.equal((await get(pair)).status, 401, pair)
    assert.equal((await get('x')).headers['www-authenticate'], 'Basic realm="a \\"b\\"", charset="UTF-8"')
  })
})

describe('a ticket', () => {
  it('lets in once, and not when it is too old', async () => {
    const clock = new ManualClock()
    const tickets = new Tickets<User>({ clock, lifetime: 1000, limit: 2 })
    await using app = createApp({ env: 'test' })
    app.get('/', { dependencies: { user: tickets.holder } }, ({ deps }) => deps.user.name)
    const ticket = tickets.issue({ name: 'ana' })
    assert.equal((await app.inject(`/?ticket=${ticket}`)).text, '"ana"')
    assert.equal((await app.inject(`/?ticket=${ticket}`)).status, 401)
    const late = tickets.issue({ name: 'ana' })
    clock.advance(1001)
    assert.equal((await app.inject(`/?ticket=${late}`)).status, 401)
  })

  it('is forgotten when too many others wait', () => {
    const tickets = new Tickets<User>({ limit: 2 })
    const [first, second, third] = [1, 2, 3].map((n) => tickets.issue({ name: String(n) }))
    assert.deepEqual(
      [first, second, third].map((ticket) => tickets.redeem(ticket ?? '')?.name),
      [undefined, '2', '3'],
    )
  })
})

describe('a rate limit', () => {
  it('answers 429 to a client that comes too often, and says when to come again', async () => {
    const clock = new ManualClock()
    await using app = createApp({ env: 'test', trustProxy: ['127.0.0.1'] })
    const often = rateLimit({ limit: 2, period: 10_000, clock })
    app.get('/', { dependencies: { often } }, () => 1)
    const from = async (ip: string) => app.inject({ url: '/', headers: { 'x-forwarded-for': ip } })
    const statuses = async (ips: string[]) => {
      const found = []
      for (const ip of ips) found.push((await from(ip)).status)
      return found
    }
    assert.deepEqual(await statuses(['1.1.1.1', '1.1.1.1', '1.1.1.1', '2.2.2.2']), [200, 200, 429, 200])
    assert.equal((await from('1.1.1.1')).headers['retry-after'], '5')
    clock.advance(5000)
    assert.deepEqual(await statuses(['1.1.1.1', '1.1.1.1']), [200, 429])
    assert.deepEqual(
      await statuses(['2001:db8::1', '2001:db8::2:1', '2001:db8:0:0:5::', '2001:db9::1']),
      [200, 200, 429, 200],
    )
  })
})

describe('the address of a client', () => {
  it('is what a trusted proxy tells, and nothing that anybody else does', async () => {
    const seen = async (trustProxy: string[], forwarded: string) => {
      await using app = createApp({ env: 'test', trustProxy })
      app.get('/', ({ request }) => request.ip)
      return (await app.inject({ url: '/', headers: { 'x-forwarded-for': forwarded } })).json()
    }
    assert.equal(await seen([], '9.9.9.9'), '127.0.0.1')
    assert.equal(await seen(['10.0.0.0/8'], '9.9.9.9'), '127.0.0.1')
    assert.equal(await seen(['127.0.0.0/8'], '9.9.9.9'), '9.9.9.9')
    assert.equal(await seen(['127.0.0.0/8', '10.0.0.0/8'], '6.6.6.6, 9.9.9.9, 10.1.1.1'), '9.9.9.9')
    assert.equal(await seen(['127.0.0.0/8'], 'garbage, 9.9.9.9'), '9.9.9.9')
    for (const same of ['::ffff:9.9.9.9', '::FFFF:909:909', '9.9.9.9, ::ffff:127.0.0.1'])
      assert.equal(await seen(['127.0.0.0/8'], same), '9.9.9.9', same)
    assert.equal(await seen(['127.0.0.0/8'], '9.9.9.9, garbage'), '127.0.0.1')
  })

  it('is not taken from proxies that nobody names', () => {
    for (const trustProxy of [true, 1, () => true, ['0.0.0.0/0'], ['proxy.example'], ['10.0.0.0/33'], ['loopback']])
      assert.throws(() => createApp({ trustProxy: trustProxy as never }), /trustProxy takes networks/)
  })
})

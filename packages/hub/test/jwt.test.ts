import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import type { Authenticator, Principal } from '@posthouse/hub'
import { jwt } from '@posthouse/hub/jwt'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { RawPeer } from './raw-peer.ts'
import { startHub } from './start-hub.ts'

const clock = new ManualClock(Date.parse('2026-11-20T12:00:00Z'))
const now = Math.floor(clock.now() / 1000)
const secret = 'a secret of at least thirty-two bytes'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const usual = { sub: 'ann', exp: now + 600 }

interface Signing {
  readonly key?: KeyObject | Uint8Array
  readonly alg?: string
  readonly kid?: string
}

function sign(payload: JWTPayload = usual, { key = bytes(secret), alg = 'HS256', kid }: Signing = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key)
}

function ask({ authenticate }: Authenticator, token: string): Promise<Principal> {
  const attempt = {
    client: 'ann',
    dialect: 'json',
    remoteAddress: '127.0.0.1',
    signal: AbortSignal.timeout(10_000),
  } as const
  return Promise.resolve(authenticate({ ...attempt, token }))
}

async function outcome(authenticator: Authenticator, token: string): Promise<string> {
  return ask(authenticator, token).then(
    ({ name }) => name,
    (error: Error & { code?: string }) => error.code ?? error.name,
  )
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function pem(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }))
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

suite('a JSON Web Token', () => {
  const kinds = [
    { alg: 'HS256', options: { secret }, key: bytes(secret) },
    { alg: 'RS256', options: { publicKey: pem(rsa.publicKey) }, key: rsa.privateKey },
    { alg: 'ES256', options: { publicKey: pem(p256.publicKey) }, key: p256.privateKey },
    { alg: 'EdDSA', options: { publicKey: pem(ed25519.publicKey) }, key: ed25519.privateKey },
    { alg: 'Ed25519', options: { publicKey: pem(ed25519.publicKey) }, key: ed25519.privateKey },
  ]
  for (const { alg, options, key } of kinds) {
    test(`signed with ${alg} lets in under the id of its subject, until it expires`, async () => {
      const authenticator = jwt({ ...options, clock })
      const token = await sign(usual, { key, alg })
      assert.deepEqual(await ask(authenticator, token), {
        name: 'ann',
        clients: ['ann'],
        expiresAt: (now + 600) * 1000 + 5000,
      })
      const [header, , signature] = token.split('.')
      const forged = `${header}.${part({ ...usual, sub: 'bob' })}.${signature}`
      assert.equal(await outcome(authenticator, forged), 'unauthenticated')
    })

    test(`of no algorithm, or of another key's, proves nothing where ${alg} is expected`, async () => {
      const authenticator = jwt({ ...options, clock })
      for (const other of kinds) {
        const token = await sign(usual, other)
        if (other.key !== key) assert.equal(await outcome(authenticator, token), 'unauthenticated', other.alg)
      }
      for (const name of ['none', 'None', 'NONE', '']) {
        for (const signature of ['', 'AAAA']) {
          const token = `${part({ alg: name })}.${part(usual)}.${signature}`
          assert.equal(await outcome(authenticator, token), 'unauthenticated', name)
        }
      }
    })
  }

  test('that takes the public key for a secret proves nothing', async () => {
    for (const { publicKey } of [rsa, ed25519, p256]) {
      const authenticator = jwt({ publicKey: pem(publicKey), clock })
      for (const text of [pem(publicKey), pem(publicKey).trim()]) {
        const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(usual)}`
        const signature = createHmac('sha256', text).update(signed).digest('base64url')
        assert.equal(await outcome(authenticator, `${signed}.${signature}`), 'unauthenticated')
      }
    }
  })

  test('that brings a key of its own, or names one, proves nothing', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const header = { alg: 'RS256', jwk: await exportJWK(other.publicKey), jku: 'https://evil.example', kid: '../../x' }
    const token = await new SignJWT(usual).setProtectedHeader(header).sign(other.privateKey)
    assert.equal(await outcome(jwt({ publicKey: pem(rsa.publicKey), clock }), token), 'unauthenticated')
  })

  test('of another form proves nothing', async () => {
    const authenticator = jwt({ secret, clock })
    for (const token of [
      '',
      'x',
      '..',
      'a.b.c',
      'ph_x',
      `${await sign()}.x`,
      `${part({ alg: 'HS256' })}.e30.`,
      '☃.☃.☃',
    ]) {
      assert.equal(await outcome(authenticator, token), 'unauthenticated', token)
    }
  })

  test('is judged by its times, with some tolerance', async () => {
    const authenticator = jwt({ secret, clock })
    const of = async (payload: JWTPayload) => outcome(authenticator, await sign({ sub: 'ann', ...payload }))
    assert.equal(await of({ exp: now + 1 }), 'ann')
    assert.equal(await of({ exp: now - 4 }), 'ann')
    assert.equal(await of({ exp: now - 6 }), 'token_expired')
    assert.equal(await of({ exp: now + 60, nbf: now + 4 }), 'ann')
    assert.equal(await of({ exp: now + 60, nbf: now + 6 }), 'unauthenticated')
    assert.equal(await of({}), 'unauthenticated')
    assert.equal(await of({ exp: '9999999999' as never }), 'unauthenticated')
    const strict = jwt({ secret, clock, clockToleranceMs: 0 })
    assert.equal(await outcome(strict, await sign({ sub: 'ann', exp: now - 1 })), 'token_expired')
  })

  test('must come from the issuer and be meant for this hub', async () => {
    const authenticator = jwt({ secret, clock, issuer: 'https://id.example', audience: ['posthouse', 'hub'] })
    const right = { ...usual, iss: 'https://id.example', aud: ['other', 'hub'] }
    assert.equal(await outcome(authenticator, await sign(right)), 'ann')
    assert.equal(await outcome(authenticator, await sign({ ...right, iss: 'https://evil.example' })), 'unauthenticated')
    assert.equal(await outcome(authenticator, await sign({ ...right, aud: 'other' })), 'unauthenticated')
    assert.equal(await outcome(authenticator, await sign({ ...usual, iss: right.iss })), 'unauthenticated')
    assert.equal(await outcome(authenticator, await sign({ ...usual, aud: 'hub' })), 'unauthenticated')
    assert.equal(await outcome(jwt({ secret, clock }), await sign({ ...usual, aud: 'hub' })), 'unauthenticated')
  })

  test('says in its claim what the principal may do', async () => {
    const permissions = [{ operations: ['send'], addresses: ['team-*'] }]
    const claim = { clients: ['ann', 'ann-*'], permissions }
    const { clients, permissions: found } = await ask(
      jwt({ secret, clock }),
      await sign({ ...usual, posthouse: claim }),
    )
    assert.deepEqual({ clients, permissions: found }, claim)
    const named = jwt({ secret, clock, claim: 'https://example.org/hub' })
    const principal = await ask(named, await sign({ ...usual, 'https://example.org/hub': { clients: ['x'] } }))
    assert.deepEqual(principal.clients, ['x'])
  })

  test('whose claims have another form is refused', async () => {
    const authenticator = jwt({ secret, clock })
    const wrong: readonly JWTPayload[] = [
      { sub: '' },
      { sub: 7 as never },
      { sub: 'line\nbreak' },
      { sub: 'a*' },
      { posthouse: null },
      { posthouse: 'admin' },
      { posthouse: [] },
      { posthouse: { client: ['x'] } },
      { posthouse: { clients: 'x' } },
      { posthouse: { clients: ['**'] } },
      { posthouse: { permissions: {} } },
      { posthouse: { permissions: [{ operations: ['all'], addresses: ['*'] }] } },
      { posthouse: { permissions: [{ operations: ['send'], addresses: ['*'], deny: true }] } },
    ]
    for (const payload of wrong) {
      const token = await sign({ ...usual, ...payload })
      assert.equal(await outcome(authenticator, token), 'unauthenticated', JSON.stringify(payload))
    }
  })

  test('opens the hub, and a hub without one says so', async () => {
    await using server = await startHub({ authenticate: jwt({ secret, clock }), clock })
    await using _ = await RawPeer.login(server.url, 'ann', { hello: { token: await sign() } })
    await using expired = await RawPeer.hello(server.url, 'ann', {
      hello: { token: await sign({ sub: 'ann', exp: 1 }) },
    })
    assert.equal((await expired.closed()).code, 4300)
    await using missing = await RawPeer.hello(server.url, 'ann')
    assert.deepEqual(await missing.closed(), { code: 4401, reason: 'this hub lets nobody in without a token' })
    await using bob = await RawPeer.hello(server.url, 'bob', { hello: { token: await sign() } })
    assert.equal((await bob.closed()).code, 4403)
  })
})

suite('the keys of JSON Web Tokens', () => {
  test('must be safe and of a known kind', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const x25519 = generateKeyPairSync('x25519')
    const privatePem = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const wrong = [
      [{}, /needs one of/],
      [{ secret, jwksUrl: 'https://id.example' }, /needs one of/],
      [{ secret: 'too short' }, /9 bytes; at least 32/],
      [{ secret: new Uint8Array(31) }, /31 bytes; at least 32/],
      [{ publicKey: 'no key' }, /BEGIN PUBLIC KEY/],
      [{ publicKey: privatePem }, /private key/],
      [{ publicKey: pem(small.publicKey) }, /1024 bits; at least 2048/],
      [{ publicKey: pem(p384.publicKey) }, /P-256/],
      [{ publicKey: pem(x25519.publicKey) }, /x25519/],
      [{ jwksUrl: 'http://id.example/jwks' }, /https/],
      [{ jwksUrl: 'http://127.0.0.1.evil.example/jwks' }, /https/],
      [{ jwksUrl: 'file:///etc/passwd' }, /https/],
      [{ jwksUrl: 'https://user:secret@id.example' }, /without user and password/],
      [{ jwksUrl: 'nonsense' }, /https/],
      [{ secret, clockToleranceMs: -1 }, /clockToleranceMs/],
      [{ secret, clockToleranceMs: Number.NaN }, /clockToleranceMs/],
    ] as const
    for (const [options, reason] of wrong) {
      assert.throws(
        () => jwt(options),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'invalid_option')
          assert.match(error.message, reason)
          assert.ok(!error.message.includes('user:secret'))
          return true
        },
      )
    }
    for (const jwksUrl of [
      'https://id.example/jwks',
      'http://127.0.0.1:1/jwks',
      'http://[::1]:1/',
      'http://localhost/',
    ]) {
      jwt({ jwksUrl })
    }
  })
})

/** A server of keys. `answer` may be set anew. */
async function startKeyServer() {
  const state = { status: 200, body: '{"keys":[]}', requests: 0 }
  const server = createServer((_, response) => {
    state.requests++
    response.writeHead(state.status, {
      'content-type': 'application/json',
      location: '/elsewhere',
      connection: 'close',
    })
    response.end(state.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    if (server.listening) await once(server, 'close')
  }
  const publish = async (...keys: readonly (readonly [kid: string, key: KeyObject])[]): Promise<void> => {
    const jwks = keys.map(async ([kid, key]) => ({ ...(await exportJWK(key)), kid }))
    state.body = JSON.stringify({ keys: await Promise.all(jwks) })
  }
  return { state, publish, stop, url: `http://127.0.0.1:${port}/jwks.json`, [Symbol.asyncDispose]: stop }
}

suite('a server of keys', () => {
  const first: Signing = { key: rsa.privateKey, alg: 'RS256', kid: 'one' }
  const second: Signing = { key: ed25519.privateKey, alg: 'EdDSA', kid: 'two' }

  test('is asked once for all tokens, and says which keys hold', async () => {
    await using server = await startKeyServer()
    await server.publish(['one', rsa.publicKey], ['two', ed25519.publicKey], ['three', p256.publicKey])
    const authenticator = jwt({ jwksUrl: server.url, clock })
    const third = { key: p256.privateKey, alg: 'ES256', kid: 'three' }
    const tokens = await Promise.all([first, second, third, first].map((signing) => sign(usual, signing)))
    const outcomes = await Promise.all(tokens.map((token) => outcome(authenticator, token)))
    assert.deepEqual(outcomes, ['ann', 'ann', 'ann', 'ann'])
    assert.equal(server.state.requests, 1)
    assert.equal(await outcome(authenticator, await sign(usual, { ...first, kid: 'two' })), 'token_revoked')
    assert.equal(await outcome(authenticator, await sign(usual, { alg: 'HS256', kid: 'one' })), 'unauthenticated')
    const ambiguous = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await server.publish(['one', rsa.publicKey], ['two', ambiguous.publicKey])
    const again = jwt({ jwksUrl: server.url, clock })
    assert.equal(await outcome(again, await sign(usual, { key: rsa.privateKey, alg: 'RS256' })), 'unauthenticated')
  })

  test('may change its keys', async () => {
    const time = new ManualClock(clock.now())
    await using server = await startKeyServer()
    await server.publish(['one', rsa.publicKey])
    const authenticator = jwt({ jwksUrl: server.url, clock: time })
    const old = await sign(usual, first)
    const renewed = await sign(usual, second)
    assert.equal(await outcome(authenticator, old), 'ann')
    await server.publish(['two', ed25519.publicKey])
    assert.equal(await outcome(authenticator, old), 'ann')
    time.advance(600_000)
    time.jump(-600_000)
    assert.equal(await outcome(authenticator, renewed), 'ann')
    assert.equal(await outcome(authenticator, old), 'token_revoked')
    assert.equal(server.state.requests, 2)
  })

  test('that is down delays nobody for an hour, and then keeps everybody out until it is back', async () => {
    const time = new ManualClock(clock.now())
    await using server = await startKeyServer()
    await server.publish(['one', rsa.publicKey])
    const authenticator = jwt({ jwksUrl: server.url, clock: time })
    const token = await sign({ ...usual, exp: now + 86_400 }, first)
    assert.equal(await outcome(authenticator, token), 'ann')
    server.state.status = 503
    for (let minutes = 0; minutes < 60; minutes += 10) {
      time.advance(600_000)
      assert.equal(await outcome(authenticator, token), 'ann')
    }
    // It is left alone for a while after each attempt.
    assert.equal(await outcome(authenticator, token), 'ann')
    assert.equal(server.state.requests, 7)
    time.advance(600_000)
    assert.equal(await outcome(authenticator, token), 'ERR_JOSE_GENERIC')
    server.state.status = 200
    assert.equal(await outcome(authenticator, token), 'ERR_JOSE_GENERIC')
    time.advance(1000)
    assert.equal(await outcome(authenticator, token), 'ann')
  })

  test('that cannot be reached, redirects or talks nonsense keeps everybody out, who may try again', async () => {
    const gone = await startKeyServer()
    await gone.stop()
    await using redirecting = await startKeyServer()
    redirecting.state.status = 302
    await using confused = await startKeyServer()
    confused.state.body = '<html>'
    await using hollow = await startKeyServer()
    hollow.state.body = '{}'
    for (const { url } of [gone, redirecting, confused, hollow]) {
      await using server = await startHub({ authenticate: jwt({ jwksUrl: url, clock }), clock })
      await using peer = await RawPeer.hello(server.url, 'ann', { hello: { token: await sign(usual, first) } })
      assert.equal((await peer.closed()).code, 4104)
      assert.equal((await server.log.line('the authenticator has failed')).level, 'error')
    }
  })
})

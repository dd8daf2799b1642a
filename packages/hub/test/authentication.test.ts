import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { type Authenticator, Hub, type LoginAttempt, type Principal } from '@posthouse/hub'
import { bySecret, Questions, Register, refusal, secret } from './authenticators.ts'
import { RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { startHub } from './start-hub.ts'

suite('with authentication', () => {
  test('reads long messages only from those that it knows', async () => {
    await using server = await startHub({ authenticate: bySecret })
    const long = 'x'.repeat(140_000)
    await using stranger = await RawPeer.hello(server.url, 'mallory', { hello: { token: 'secret', more: long } })
    assert.equal((await stranger.closed()).code, 1009)
    await using alice = await RawPeer.login(server.url, 'alice', secret)
    assert.equal((await alice.publish('alice', 1, { body: long })).state, 'stored')
  })

  test('a token is taken from the hello, from the Authorization header, or from the query, in this order', async () => {
    const tokens: unknown[] = []
    const authenticate = async (attempt: LoginAttempt): Promise<Principal> => {
      tokens.push(attempt.token)
      return bySecret(attempt)
    }
    await using server = await startHub({ authenticate })
    const inQuery = `${server.url}/?a=1&token=secret`
    const headers = { authorization: 'bearer secret' }
    for (const [url, options] of [
      [server.url, secret],
      [server.url, { headers }],
      [inQuery, {}],
      [`${server.url}/?token=wrong`, { headers: { authorization: 'Bearer wrong' }, ...secret }],
      [`${server.url}/?token=wrong`, { headers }],
    ] as const) {
      await using _ = await RawPeer.login(url, 'alice', options)
    }
    assert.deepEqual(tokens, Array(5).fill('secret'))
    for (const dialect of ['json', 'msgpack'] as const) {
      await using _ = await RawPeer.login(server.url, 'alice', { dialect, ...secret })
    }
  })

  test('a wrong token, a missing one and no Bearer at all close with 4401 and a reason', async () => {
    await using server = await startHub({ authenticate: bySecret })
    const refused = { code: 4401, reason: 'the token is wrong' }
    assert.deepEqual(await refusal(server), refused)
    assert.deepEqual(await refusal(server, { hello: { token: 'Secret' } }), refused)
    assert.deepEqual(await refusal(server, { headers: { authorization: 'Basic secret' } }), refused)
    const line = await server.log.code('unauthenticated')
    assert.equal(line.fields.reason, 'the token is wrong')
  })

  test('tokens of up to 16,384 characters of any kind are taken', async () => {
    const tokens: unknown[] = []
    const authenticate = ({ token }: LoginAttempt): Principal => {
      tokens.push(token)
      return { name: 'friend', clients: ['*'] }
    }
    await using server = await startHub({ authenticate })
    const long = 'x'.repeat(16_384)
    const unicode = 'pässwört 🔑 \u0000'
    for (const token of [long, unicode]) {
      await using _ = await RawPeer.login(server.url, 'a', { hello: { token } })
    }
    await using _ = await RawPeer.login(`${server.url}?token=${encodeURIComponent('clé ☃')}`, 'a')
    assert.deepEqual(tokens, [long, unicode, 'clé ☃'])
    assert.equal((await refusal(server, { hello: { token: `${long}x` } })).code, 4400)
  })

  test('the authenticator is told what the connection says about itself', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using peer = await RawPeer.hello(server.url, 'alice', { hello: { token: 't', agent: 'test/1' } })
    const { attempt, answer } = await questions.asked.take()
    const { signal, ...rest } = attempt
    assert.deepEqual(rest, {
      client: 'alice',
      token: 't',
      dialect: 'json',
      remoteAddress: '127.0.0.1',
      agent: 'test/1',
    })
    assert.equal(signal.aborted, false)
    answer.resolve({ name: 'friend', clients: ['*'] })
    await peer.next('welcome')
  })

  test('no token is ever logged, wherever it came from', async () => {
    const token = 'do-not-log-this'
    const broken = new Error(`cannot look up ${token}`, { cause: new Error(`GET https://id.example/?token=${token}`) })
    for (const authenticate of [bySecret, () => Promise.reject(broken), () => ({ name: 'friend', clients: ['*'] })]) {
      await using server = await startHub({ authenticate })
      for (const options of [{ hello: { token } }, { headers: { authorization: `Bearer ${token}` } }]) {
        await using peer = await RawPeer.hello(server.url, 'alice', options)
        await Promise.race([peer.closed(), peer.next('welcome')])
      }
      await using peer = await RawPeer.hello(`${server.url}/?token=${token}`, 'alice')
      await Promise.race([peer.closed(), peer.next('welcome')])
      await peer.cut()
      await assert.rejects(RawSocket.open(`${server.url}/?token=${token}`, { origin: 'http://evil.example' }), /403/)
      await server.hub.close()
      const said = server.log.lines.untaken.map(({ message, fields }) => {
        const shown = Object.values(fields).map((field) => (field instanceof Error ? field.stack : field))
        return `${message} ${JSON.stringify(shown)}`
      })
      assert.ok(said.length > 0)
      for (const line of said) assert.ok(!line.includes(token), line)
    }
  })

  test('an id that the principal may not use closes with 4403', async () => {
    await using server = await startHub({ authenticate: () => ({ name: 'ann', clients: ['ann', 'ann-*'] }) })
    await using _first = await RawPeer.login(server.url, 'ann')
    await using _second = await RawPeer.login(server.url, 'ann-phone')
    assert.deepEqual(await refusal(server, {}, 'bob'), { code: 4403, reason: 'ann may not log in as bob' })
    await using own = await startHub({ authenticate: () => ({ name: 'ann' }) })
    assert.equal((await refusal(own, {}, 'ben')).code, 4403)
    await using _own = await RawPeer.login(own.url, 'ann')
    await using nobody = await startHub({ authenticate: () => ({ name: 'ann', clients: [] }) })
    assert.equal((await refusal(nobody, {}, 'ann')).code, 4403)
  })

  test('an id that no client may have is refused before anybody is asked', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    assert.equal((await refusal(server, {}, 'hub')).code, 4410)
    assert.deepEqual(questions.asked.untaken, [])
  })

  test('what an authenticator fails of is for the log only, and the client may try again', async () => {
    const failures: readonly (() => Principal | Promise<Principal>)[] = [
      () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432')),
      () => {
        throw new TypeError('x is not a function')
      },
      () => Promise.reject(new PosthouseError('internal', 'an inner secret')),
      () => ({}) as Principal,
      () => undefined as unknown as Principal,
      () => ({ name: 'line\nbreak' }),
      () => ({ name: 'ann', expiresAt: Number.NaN }),
      () => ({ name: 'ann', clients: ['**'] }),
    ]
    for (const authenticate of failures) {
      await using server = await startHub({ authenticate })
      const refused = { code: 4104, reason: 'who this is cannot be found out at the moment' }
      assert.deepEqual(await refusal(server), refused)
      assert.equal((await server.log.line('the authenticator has failed')).level, 'error')
      assert.equal((await server.log.line('where the authenticator has failed')).level, 'debug')
    }
  })

  test('thousands of refused attempts leave nothing behind', async () => {
    await using server = await startHub({ authenticate: bySecret, limits: { frameBytes: 65_536 } })
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => refusal(server, { hello: { token: 'no' } }, `${round} ${n}`)),
      )
    }
    // The hub may hear of the last close a moment after the client.
    while (server.hub.connections > 0) await new Promise(setImmediate)
    assert.deepEqual(server.hub.clients({ online: false }), [])
  })
})

suite('several ways to log in', () => {
  test('are tried in turn, and each goes on looking after whom it has let in', async () => {
    const register = new Register({ name: 'ann', clients: ['*'] })
    const { authenticate } = register
    let asked = 0
    const second: Authenticator = {
      authenticate: (attempt) => {
        asked++
        if (attempt.token === 'old') throw new PosthouseError('token_expired', 'too old')
        return bySecret(attempt)
      },
    }
    const first: Authenticator = {
      authenticate: ({ token }) => {
        if (token === 'ann') return authenticate()
        throw new PosthouseError('unauthenticated', 'not ann')
      },
      current: () => register.current(),
      onChange: (listener) => register.onChange(listener),
    }
    await using server = await startHub({ authenticate: [first, second] })
    await using ann = await RawPeer.login(server.url, 'ann', { hello: { token: 'ann' } })
    assert.equal(asked, 0)
    await using friend = await RawPeer.login(server.url, 'friend', secret)
    assert.deepEqual(await refusal(server), { code: 4401, reason: 'the token is wrong' })
    assert.equal((await refusal(server, { hello: { token: 'old' } })).code, 4300)
    register.become(undefined)
    assert.equal((await ann.closed()).code, 4301)
    assert.deepEqual(await friend.settled(), [])
    await server.hub.close()
    assert.ok(!register.watched)
  })

  test('end with the first that fails otherwise: it might have known the token', async () => {
    let asked = 0
    const failing = () => Promise.reject(new Error('the directory is away'))
    const other = (): Principal => {
      asked++
      return { name: 'ann', clients: ['*'] }
    }
    await using server = await startHub({ authenticate: [bySecret, failing, other] })
    assert.equal((await refusal(server)).code, 4104)
    assert.equal(asked, 0)
  })

  test('must be one at least', () => {
    assert.throws(() => new Hub({ authenticate: [] }), { code: 'invalid_option' })
  })
})

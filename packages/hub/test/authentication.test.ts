import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { type Authenticator, Hub, type LoginAttempt, type Principal } from '@posthouse/hub'
import { Arrivals } from './arrivals.ts'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer, type RawPeerOptions, resume } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { noticed, type RunningHub, startHub, startTimelessHub, visit } from './start-hub.ts'

/** Lets in who has the token `secret`. */
async function bySecret({ token }: LoginAttempt): Promise<Principal> {
  if (token === 'secret') return { name: 'friend' }
  throw new PosthouseError('unauthenticated', 'the token is wrong')
}

/** An authenticator whose questions the test answers itself. */
class Questions {
  readonly asked = new Arrivals<{ attempt: LoginAttempt; answer: PromiseWithResolvers<Principal> }>('a question')
  readonly authenticate = (attempt: LoginAttempt): Promise<Principal> => {
    const answer = Promise.withResolvers<Principal>()
    this.asked.push({ attempt, answer })
    return answer.promise
  }
}

/** An authenticator that lets everyone in, until it is told otherwise. */
class Register implements Authenticator {
  readonly #listeners = new Set<() => void>()
  principal: Principal | undefined

  constructor(principal: Principal) {
    this.principal = principal
  }

  readonly authenticate = (): Principal => {
    if (this.principal === undefined) throw new PosthouseError('unauthenticated', 'nobody comes in')
    return this.principal
  }

  current(): Principal | undefined {
    return this.principal
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  get watched(): boolean {
    return this.#listeners.size > 0
  }

  become(principal: Principal | undefined): void {
    this.principal = principal
    for (const listener of this.#listeners) listener()
  }
}

const secret: RawPeerOptions = { hello: { token: 'secret' } }

async function refusal(server: RunningHub, options: RawPeerOptions = {}, client = 'alice') {
  await using peer = await RawPeer.hello(server.url, client, options)
  const closed = await peer.closed()
  assert.deepEqual(peer.frames.untaken, [])
  return closed
}

suite('with authentication', () => {
  test('reads long messages only from those that it knows', async () => {
    await using server = await startHub({ authenticate: bySecret })
    const long = 'x'.repeat(140_000)
    await using stranger = await RawPeer.hello(server.url, 'mallory', { hello: { token: 'secret', more: long } })
    assert.equal((await stranger.closed()).code, 1009)
    await using alice = await RawPeer.login(server.url, 'alice', secret)
    assert.equal((await alice.publish('alice', 1, { body: long })).state, 'stored')
  })

  test('tells many watchers one after the other what they may see now', async () => {
    const register = new Register({ name: 'friend' })
    await using server = await startHub({ authenticate: register })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const peer of [alice, bob]) {
      peer.send({ op: 'presence', watch: true })
      await peer.next('presence')
    }
    const answers = async (): Promise<number | undefined> => (await server.hub.stats()).counters.presenceAnswers
    const before = await answers()
    register.become({ name: 'friend', permissions: [] })
    assert.equal(await answers(), before)
    for (const peer of [alice, bob]) {
      const { full, clients } = await peer.next((frame) => frame.full === true)
      assert.deepEqual([full, (clients as { client: string }[]).map(({ client }) => client)], [true, [peer.client]])
    }
  })

  test('takes a change into account that comes between the answer and the welcome', async () => {
    const register = new Register({ name: 'friend' })
    const authenticate = (attempt: LoginAttempt): Promise<Principal> => {
      const answer = register.authenticate()
      const { promise, resolve } = Promise.withResolvers<Principal>()
      // Told by the last of the steps that lie between the authenticator's answer and the client.
      promise.then(() => undefined).then(() => register.become(undefined))
      resolve(answer)
      assert.equal(attempt.client, 'alice')
      return promise
    }
    const authenticator: Authenticator = {
      authenticate,
      current: () => register.current(),
      onChange: (listener) => register.onChange(listener),
    }
    await using server = await startHub({ authenticate: authenticator })
    await using alice = await RawPeer.hello(server.url, 'alice')
    assert.equal((await alice.closed()).code, 4301)
    await assert.rejects(alice.next('welcome'))
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
      return { name: 'friend' }
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
    answer.resolve({ name: 'friend' })
    await peer.next('welcome')
  })

  test('no token is ever logged, wherever it came from', async () => {
    const token = 'do-not-log-this'
    const broken = new Error(`cannot look up ${token}`, { cause: new Error(`GET https://id.example/?token=${token}`) })
    for (const authenticate of [bySecret, () => Promise.reject(broken), () => ({ name: 'friend' })]) {
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

  test('what comes while a client is being asked who it is waits for the welcome, in order', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using peer = await RawPeer.hello(server.url, 'alice', { behind: [{ op: 'ping', id: 'first' }] })
    const { answer } = await questions.asked.take()
    peer.send({ op: 'ping', id: 'second' })
    peer.send({ op: 'nonsense' }, message('alice', 1))
    answer.resolve({ name: 'friend' })
    assert.equal((await peer.frames.take()).op, 'welcome')
    assert.equal((await peer.frames.take()).id, 'first')
    assert.equal((await peer.frames.take()).id, 'second')
    assert.equal((await peer.next('error')).code, 'unknown_op')
    assert.equal((await peer.next('deliver')).body, 'text 1')
  })

  test('a second hello while the first is being judged closes with 4400', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using peer = await RawPeer.hello(server.url, 'alice')
    const { answer } = await questions.asked.take()
    peer.send({ op: 'hello', client: 'bob', caps: [], producer: 'p2' })
    answer.resolve({ name: 'friend' })
    assert.equal((await peer.closed()).code, 4400)
  })

  test('too much that comes before a client is known closes with 4412', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using greedy = await RawPeer.hello(server.url, 'greedy')
    for (let n = 1; n <= 11; n++) greedy.send(message('alice', n, { body: 'x'.repeat(100_000) }))
    assert.equal((await greedy.closed()).code, 4412)
    await using many = await RawPeer.hello(server.url, 'many')
    for (let n = 1; n <= 10_000; n++) many.send()
    assert.equal((await many.closed()).code, 4412)
  })

  test('an authenticator that takes longer than the hello may closes with 4104, and its answer changes nothing', async () => {
    const questions = new Questions()
    await using server = await startTimelessHub({ authenticate: questions.authenticate })
    await using peer = await RawPeer.hello(server.url, 'alice')
    const { attempt, answer } = await questions.asked.take()
    server.clock.advance(5000)
    assert.equal((await peer.closed()).code, 4104)
    assert.ok(attempt.signal.aborted)
    answer.resolve({ name: 'friend' })
    await using other = await RawPeer.hello(server.url, 'bob')
    ;(await questions.asked.take()).answer.resolve({ name: 'friend' })
    await other.next('welcome')
    assert.deepEqual(server.hub.onlineClients(), ['bob'])
  })

  test('a peer that goes while it is being asked was never there', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    for (const outcome of ['let in', 'refused']) {
      const peer = await RawPeer.hello(server.url, 'alice')
      const { attempt, answer } = await questions.asked.take()
      await peer.cut()
      await new Promise((resolve) => attempt.signal.addEventListener('abort', resolve))
      if (outcome === 'let in') answer.resolve({ name: 'friend' })
      else answer.reject(new PosthouseError('unauthenticated', 'the token is wrong'))
      await answer.promise.catch(() => undefined)
    }
    assert.deepEqual(server.hub.clients({ online: false }), [])
    assert.equal(server.hub.connections, 0)
  })

  for (const way of ['drain', 'close'] as const) {
    test(`a hub that ends by ${way} while it asks lets nobody in any more`, async () => {
      const questions = new Questions()
      await using server = await startHub({ authenticate: questions.authenticate })
      await using peer = await RawPeer.hello(server.url, 'alice')
      const { attempt, answer } = await questions.asked.take()
      await server.hub[way]()
      assert.equal((await peer.closed()).code, way === 'drain' ? 4000 : 1006)
      assert.ok(attempt.signal.aborted)
      answer.resolve({ name: 'friend' })
      await answer.promise
      assert.deepEqual(peer.frames.untaken, [])
    })
  }

  for (const first of ['older', 'newer'] as const) {
    test(`of two connections the one with the later hello stays, where the ${first} one is let in first`, async () => {
      const questions = new Questions()
      await using server = await startTimelessHub({ authenticate: questions.authenticate })
      await using older = await RawPeer.hello(server.url, 'alice')
      const one = await questions.asked.take()
      await using newer = await RawPeer.hello(server.url, 'alice')
      const two = await questions.asked.take()
      const [early, late] = first === 'older' ? [one, two] : [two, one]
      early.answer.resolve({ name: 'friend' })
      await (first === 'older' ? older : newer).next('welcome')
      late.answer.resolve({ name: 'friend' })
      assert.equal((await older.closed()).code, 4409)
      if (first === 'older') await newer.next('welcome')
      assert.deepEqual(await newer.settled(), [])
    })
  }

  test('a cross_comm login that came meanwhile is the newer one', async () => {
    const questions = new Questions()
    const legacyAllow = [{ clients: ['alice'] }]
    await using server = await startTimelessHub({ authenticate: questions.authenticate, legacyAllow })
    await using older = await RawPeer.hello(server.url, 'alice')
    const { answer } = await questions.asked.take()
    await using newer = await CrossCommClient.login(server.url, 'alice')
    answer.resolve({ name: 'friend' })
    assert.equal((await older.closed()).code, 4409)
    await newer.routed()
  })

  test("a connection that came meanwhile and has gone again is in nobody's way", async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using older = await RawPeer.hello(server.url, 'alice')
    const slow = await questions.asked.take()
    const newer = await RawPeer.hello(server.url, 'alice')
    ;(await questions.asked.take()).answer.resolve({ name: 'friend' })
    await newer.next('welcome')
    await newer.cut()
    await noticed(server, 'alice')
    slow.answer.resolve({ name: 'friend' })
    await older.next('welcome')
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
    const register = new Register({ name: 'ann' })
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
      return { name: 'ann' }
    }
    await using server = await startHub({ authenticate: [bySecret, failing, other] })
    assert.equal((await refusal(server)).code, 4104)
    assert.equal(asked, 0)
  })

  test('must be one at least', () => {
    assert.throws(() => new Hub({ authenticate: [] }), { code: 'invalid_option' })
  })
})

suite('a session', () => {
  test('is resumed by the same principal only', async () => {
    const register = new Register({ name: 'ann' })
    await using server = await startHub({ authenticate: register })
    const [first, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await first.cut()
    await noticed(server, 'desk')
    const [second, again] = await RawPeer.welcomed(server.url, 'desk', { hello: resume(welcome) })
    assert.equal(again.resumed, true)
    await second.cut()
    await noticed(server, 'desk')
    register.become({ name: 'bob' })
    const [third, other] = await RawPeer.welcomed(server.url, 'desk', { hello: resume(again) })
    await using _ = third
    assert.equal(other.resumed, false)
    assert.notEqual(other.session, again.session)
  })

  test('does not answer for the messages of another principal, although the producer has the same name', async () => {
    const register = new Register({ name: 'ann' })
    await using server = await startHub({ authenticate: register })
    await visit(server, 'target')
    const first = await RawPeer.login(server.url, 'desk')
    assert.equal((await first.publish('target', 1)).state, 'stored')
    await first.cut()
    register.become({ name: 'bob' })
    const [second, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using peer = second
    assert.equal(welcome.accepted, 0)
    assert.equal((await peer.publish('target', 1)).state, 'stored')
  })
})

suite('a client that is connected', () => {
  test('whose token is taken back is closed with 4301, and its session has ended', async () => {
    const register = new Register({ name: 'ann' })
    await using server = await startHub({ authenticate: register })
    const [peer, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using _ = peer
    register.become(undefined)
    assert.equal((await peer.closed()).code, 4301)
    register.become({ name: 'ann' })
    await using again = await RawPeer.hello(server.url, 'desk', { hello: resume(welcome) })
    assert.equal((await again.next('welcome')).resumed, false)
  })

  test('whose principal may not use its id any more is closed with 4403', async () => {
    const register = new Register({ name: 'ann', clients: ['desk'] })
    await using server = await startHub({ authenticate: register })
    await using peer = await RawPeer.login(server.url, 'desk')
    register.become({ name: 'ann', clients: ['phone'] })
    assert.equal((await peer.closed()).code, 4403)
  })

  test('whose token expires is closed with 4300 and can resume with a new one', async () => {
    const register = new Register({ name: 'ann' })
    await using server = await startTimelessHub({ authenticate: register })
    register.principal = { name: 'ann', expiresAt: server.clock.now() + 60_000 }
    const [peer, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using _ = peer
    server.clock.advance(30_000)
    await peer.settled()
    server.clock.advance(31_000)
    assert.deepEqual(await peer.closed(), { code: 4300, reason: 'the token has expired' })
    await noticed(server, 'desk')
    assert.equal((await refusal(server, {}, 'desk')).code, 4300)
    register.principal = { name: 'ann' }
    await using again = await RawPeer.hello(server.url, 'desk', { hello: resume(welcome) })
    assert.equal((await again.next('welcome')).resumed, true)
  })

  test('that was replaced cannot end the session that goes on elsewhere', async () => {
    const register = new Register({ name: 'ann' })
    await using server = await startTimelessHub({ authenticate: register })
    register.principal = { name: 'ann', expiresAt: server.clock.now() + 1000 }
    await using older = await RawPeer.login(server.url, 'desk')
    register.principal = { name: 'ann' }
    older.raw.stall()
    await using newer = await RawPeer.login(server.url, 'desk')
    server.clock.advance(1500)
    assert.deepEqual(await newer.settled(), [])
  })

  test('can be sent away by the hub, and may come back', async () => {
    await using server = await startHub()
    const [peer, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using _ = peer
    assert.equal(server.hub.disconnect('desk', 'too loud'), true)
    assert.deepEqual(await peer.closed(), { code: 4403, reason: 'too loud' })
    await noticed(server, 'desk')
    assert.equal(server.hub.disconnect('desk'), false)
    assert.equal(server.hub.disconnect('nobody'), false)
    await using again = await RawPeer.hello(server.url, 'desk', { hello: resume(welcome) })
    assert.equal((await again.next('welcome')).resumed, false)
  })

  test('is judged by what holds at its login, although that changed while it was being asked', async () => {
    const slow = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const register = new Register({ name: 'ann' })
    const authenticate = async (): Promise<Principal> => {
      const before = register.authenticate()
      asked.resolve()
      await slow.promise
      return before
    }
    const { current, onChange } = register
    const authenticator = { authenticate, current: current.bind(register), onChange: onChange.bind(register) }
    await using server = await startHub({ authenticate: authenticator })
    await using peer = await RawPeer.hello(server.url, 'desk')
    await asked.promise
    register.become(undefined)
    slow.resolve()
    assert.equal((await peer.closed()).code, 4301)
  })

  test('is watched no longer than the hub lives', async () => {
    const register = new Register({ name: 'ann' })
    const hub = new Hub({ authenticate: register })
    assert.ok(register.watched)
    await hub.close()
    assert.ok(!register.watched)
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Authenticator, Hub, type LoginAttempt, type Principal } from '@posthouse/hub'
import { Register, refusal } from './authenticators.ts'
import { RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

suite('a hub whose authenticator changes its mind', () => {
  test('tells many watchers one after the other what they may see now', async () => {
    const register = new Register({ name: 'friend', clients: ['*'] })
    await using server = await startHub({ authenticate: register })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const peer of [alice, bob]) {
      peer.send({ op: 'presence', watch: true })
      await peer.next('presence')
    }
    const answers = async (): Promise<number | undefined> => (await server.hub.stats()).counters.presenceAnswers
    const before = await answers()
    register.become({ name: 'friend', clients: ['*'], permissions: [] })
    assert.equal(await answers(), before)
    for (const peer of [alice, bob]) {
      const { full, clients } = await peer.next((frame) => frame.full === true)
      assert.deepEqual([full, (clients as { client: string }[]).map(({ client }) => client)], [true, [peer.client]])
    }
  })

  test('takes a change into account that comes between the answer and the welcome', async () => {
    const register = new Register({ name: 'friend', clients: ['*'] })
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
})

suite('a session', () => {
  test('is resumed by the same principal only', async () => {
    const register = new Register({ name: 'ann', clients: ['*'] })
    await using server = await startHub({ authenticate: register })
    const [first, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await first.cut()
    await noticed(server, 'desk')
    const [second, again] = await RawPeer.welcomed(server.url, 'desk', { hello: resume(welcome) })
    assert.equal(again.resumed, true)
    await second.cut()
    await noticed(server, 'desk')
    register.become({ name: 'bob', clients: ['*'] })
    const [third, other] = await RawPeer.welcomed(server.url, 'desk', { hello: resume(again) })
    await using _ = third
    assert.equal(other.resumed, false)
    assert.notEqual(other.session, again.session)
  })

  test('does not answer for the messages of another principal, although the producer has the same name', async () => {
    const register = new Register({ name: 'ann', clients: ['*'] })
    await using server = await startHub({ authenticate: register })
    await visit(server, 'target')
    const first = await RawPeer.login(server.url, 'desk')
    assert.equal((await first.publish('target', 1)).state, 'stored')
    await first.cut()
    register.become({ name: 'bob', clients: ['*'] })
    const [second, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using peer = second
    assert.equal(welcome.accepted, 0)
    assert.equal((await peer.publish('target', 1)).state, 'stored')
  })
})

suite('a client that is connected', () => {
  test('whose token is taken back is closed with 4301, and its session has ended', async () => {
    const register = new Register({ name: 'ann', clients: ['*'] })
    await using server = await startHub({ authenticate: register })
    const [peer, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using _ = peer
    register.become(undefined)
    assert.equal((await peer.closed()).code, 4301)
    register.become({ name: 'ann', clients: ['*'] })
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
    const register = new Register({ name: 'ann', clients: ['*'] })
    await using server = await startTimelessHub({ authenticate: register })
    register.principal = { name: 'ann', clients: ['*'], expiresAt: server.clock.now() + 60_000 }
    const [peer, welcome] = await RawPeer.welcomed(server.url, 'desk')
    await using _ = peer
    server.clock.advance(30_000)
    await peer.settled()
    server.clock.advance(31_000)
    assert.deepEqual(await peer.closed(), { code: 4300, reason: 'the token has expired' })
    await noticed(server, 'desk')
    assert.equal((await refusal(server, {}, 'desk')).code, 4300)
    register.principal = { name: 'ann', clients: ['*'] }
    await using again = await RawPeer.hello(server.url, 'desk', { hello: resume(welcome) })
    assert.equal((await again.next('welcome')).resumed, true)
  })

  test('that was replaced cannot end the session that goes on elsewhere', async () => {
    const register = new Register({ name: 'ann', clients: ['*'] })
    await using server = await startTimelessHub({ authenticate: register })
    register.principal = { name: 'ann', clients: ['*'], expiresAt: server.clock.now() + 1000 }
    await using older = await RawPeer.login(server.url, 'desk')
    register.principal = { name: 'ann', clients: ['*'] }
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
    const register = new Register({ name: 'ann', clients: ['*'] })
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
    const register = new Register({ name: 'ann', clients: ['*'] })
    const hub = new Hub({ authenticate: register })
    assert.ok(register.watched)
    await hub.close()
    assert.ok(!register.watched)
  })
})

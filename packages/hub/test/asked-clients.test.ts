import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { Questions } from './authenticators.ts'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

suite('while a client is being asked who it is', () => {
  test('what comes while a client is being asked who it is waits for the welcome, in order', async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using peer = await RawPeer.hello(server.url, 'alice', { behind: [{ op: 'ping', id: 'first' }] })
    const { answer } = await questions.asked.take()
    peer.send({ op: 'ping', id: 'second' })
    peer.send({ op: 'nonsense' }, message('alice', 1))
    answer.resolve({ name: 'friend', clients: ['*'] })
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
    answer.resolve({ name: 'friend', clients: ['*'] })
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
    answer.resolve({ name: 'friend', clients: ['*'] })
    await using other = await RawPeer.hello(server.url, 'bob')
    ;(await questions.asked.take()).answer.resolve({ name: 'friend', clients: ['*'] })
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
      if (outcome === 'let in') answer.resolve({ name: 'friend', clients: ['*'] })
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
      answer.resolve({ name: 'friend', clients: ['*'] })
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
      early.answer.resolve({ name: 'friend', clients: ['*'] })
      await (first === 'older' ? older : newer).next('welcome')
      late.answer.resolve({ name: 'friend', clients: ['*'] })
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
    answer.resolve({ name: 'friend', clients: ['*'] })
    assert.equal((await older.closed()).code, 4409)
    await newer.routed()
  })

  test("a connection that came meanwhile and has gone again is in nobody's way", async () => {
    const questions = new Questions()
    await using server = await startHub({ authenticate: questions.authenticate })
    await using older = await RawPeer.hello(server.url, 'alice')
    const slow = await questions.asked.take()
    const newer = await RawPeer.hello(server.url, 'alice')
    ;(await questions.asked.take()).answer.resolve({ name: 'friend', clients: ['*'] })
    await newer.next('welcome')
    await newer.cut()
    await noticed(server, 'alice')
    slow.answer.resolve({ name: 'friend', clients: ['*'] })
    await older.next('welcome')
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { codeOf, RawPeer } from './raw-peer.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { startHub } from './start-hub.ts'
import { ask, done, worker } from './working-peers.ts'

suite('what a worker may not say', () => {
  const permitted = [{ operations: ['send', 'subscribe'], addresses: ['queue:other'] }] as const

  test('of a message that it does not have: an acknowledgement has no effect, giving it back is an error', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await worker(server, 'bob')
    const ack = { op: 'ack', stream: 'queue:jobs', seq: 77 }
    const nack = { ...ack, op: 'nack' }
    bob.send(ack, nack)
    assert.equal((await bob.next('error')).code, 'unexpected_frame')
    await alice.publish('queue:jobs', 1)
    const frame = await bob.next('deliver')
    done(bob, frame, frame)
    bob.send({ ...nack, seq: frame.seq })
    assert.equal((await bob.next('error')).code, 'unexpected_frame')
    await ask(bob, 'unsubscribe')
    bob.send(ack, nack)
    assert.deepEqual(await bob.settled(), [])
    alice.send(ack, nack)
    assert.deepEqual(
      [(await alice.next('error')).code, (await alice.next('error')).code],
      ['unsupported', 'unsupported'],
    )
    assert.equal((await ask(bob, 'unsubscribe')).op, 'unsubscribe')
  })

  test('are fields that are not for queues, or out of range', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const fields of [{ after: 'start' }, { last: 3 }, { retained: true }, { prefetch: 257 }, { prefetch: 0 }]) {
      assert.equal((await ask(bob, 'subscribe', fields)).code, 'invalid_field', JSON.stringify(fields))
    }
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:' })).code, 'invalid_address')
    assert.deepEqual((await server.hub.queues.list()).queues, [])
  })

  test('is that it wants more queues than it may have, or than there may be', async () => {
    await using server = await startHub({ limits: { subscriptions: 2 }, quotas: { queues: 3 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['queue:a', 'queue:b']) assert.equal((await ask(bob, 'subscribe', { to })).op, 'subscribe')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:c' })).code, 'limit_reached')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:a', prefetch: 5 })).op, 'subscribe')
    await alice.publish('queue:c', 1)
    assert.equal(codeOf(await alice.publish('queue:d', 2)), 'limit_reached')
    assert.equal((await alice.publish('queue:a', 3)).state, 'stored')
  })

  test('is what it has no permission for, nor may others send or ask', async () => {
    await using server = await startGuardedHub({ bob: permitted })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.equal((await ask(bob, 'subscribe')).code, 'forbidden')
    assert.equal((await ask(bob, 'subscribe', { to: 'queue:other' })).op, 'subscribe')
    assert.equal(codeOf(await bob.publish('queue:jobs', 1)), 'forbidden')
    assert.equal((await bob.publish('queue:other', 2)).state, 'stored')
    bob.send({ op: 'request', id: 'r', to: 'queue:other', method: 'm' })
    assert.equal(codeOf(await bob.next('response')), 'forbidden')
  })
})

test('a worker that is not permitted any more is told so, and what it has goes to others', async () => {
  const permitted = [{ operations: ['subscribe'], addresses: ['queue:*'] }] as const
  await using server = await startGuardedHub({ bob: permitted })
  await using alice = await RawPeer.login(server.url, 'alice')
  await using bob = await worker(server, 'bob')
  await alice.publish('queue:jobs', 1)
  const held = await bob.next('deliver')
  await using carol = await worker(server, 'carol')
  server.permit('bob', [{ operations: ['subscribe'], addresses: ['queue:other'] }])
  const { code, about } = await bob.next('error')
  assert.deepEqual([code, about], ['forbidden', { op: 'subscribe', to: 'queue:jobs' }])
  assert.equal((await carol.next('deliver')).attempt, 2)
  done(bob, held)
  assert.deepEqual(await bob.settled(), [])
})

suite('queues that nobody uses', () => {
  test('make room for others', async () => {
    await using server = await startHub({ quotas: { queues: 10 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let index = 1; index <= 9; index++) {
      await ask(bob, 'subscribe', { to: `queue:${index}` })
      if (index > 2) await ask(bob, 'unsubscribe', { to: `queue:${index}` })
    }
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('queue:full', 1)
    while ((await server.hub.queues.list()).queues.length > 3) await alice.settled()
    const { queues } = await server.hub.queues.list()
    assert.deepEqual(
      queues.map(({ queue }) => queue),
      ['1', '2', 'full'],
    )
  })
})

suite('a call to a queue', () => {
  const calls = { hello: { caps: ['calls'] } }

  test('goes to one of its workers in turn, to those that answer calls only', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', calls)
    const request = (id: string): void => alice.send({ op: 'request', id, to: 'queue:jobs', method: 'add', body: 1 })
    request('r0')
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
    await using mute = await worker(server, 'mute')
    request('r1')
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
    const workers = [await worker(server, 'w1', 1, calls), await worker(server, 'w2', 1, calls)]
    for (const [turn, peer] of [...workers, ...workers].entries()) {
      request(`t${turn}`)
      const { id, from, to, method } = await peer.next('request')
      assert.deepEqual([from, to, method], ['alice', 'queue:jobs', 'add'])
      peer.send({ op: 'response', id, body: turn })
      const answer = await alice.next('response')
      assert.deepEqual([answer.id, answer.body], [`t${turn}`, turn])
    }
    assert.deepEqual(await mute.settled(), [])
    request('busy')
    await workers[0]?.next('request')
    for (const id of ['x1', 'x2']) request(id)
    await workers[1]?.next('request')
    await workers[0]?.next('request')
    for (const peer of workers) await peer.cut()
  })
})

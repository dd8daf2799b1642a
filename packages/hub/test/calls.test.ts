import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { asked, callee, request } from './calling-peers.ts'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { startHub, visit } from './start-hub.ts'

suite('a call', () => {
  for (const from of ['json', 'msgpack'] as const) {
    for (const to of ['json', 'msgpack'] as const) {
      test(`reaches its callee and is answered, from ${from} to ${to}`, async () => {
        await using server = await startHub()
        await using alice = await callee(server, 'alice', from)
        await using bob = await callee(server, 'bob', to)
        const body = { a: [1, 2.5, 9_007_199_254_740_991], 中文: '值', n: null }
        const { id, ...call } = await asked(alice, bob, { from: 'mallory', body, timeoutMs: 700, extra: 1 })
        assert.deepEqual(call, { op: 'request', from: 'alice', to: 'bob', method: 'add', timeoutMs: 700, body })
        assert.notEqual(id, 'r1')
        bob.send({ op: 'response', id, body: [body], extra: 1 })
        assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', body: [body] })
      })
    }
  }

  test('may carry nothing, both ways, and has 30 s without a word about it', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id, ...call } = await asked(alice, bob, { to: 'client:bob' })
    assert.deepEqual(call, { op: 'request', from: 'alice', to: 'bob', method: 'add', timeoutMs: 30_000 })
    bob.send({ op: 'response', id })
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1' })
  })

  test('to oneself comes back', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    alice.send(request('alice'))
    const { id } = await alice.next('request')
    alice.send({ op: 'response', id, body: 3 })
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', body: 3 })
  })

  test('converts bytes to base64 for a JSON client', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice', 'msgpack')
    await using bob = await callee(server, 'bob')
    const { id, body } = await asked(alice, bob, { body: { file: Uint8Array.of(1, 2, 3) } })
    assert.deepEqual(body, { file: 'AQID' })
    bob.send({ op: 'response', id, body: 'AQID' })
    assert.equal((await alice.next('response')).body, 'AQID')
  })

  test('fails with the error of its callee, of which nothing else crosses', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    const error = {
      code: 'out_of_paper',
      number: 9999,
      message: `${'m'.repeat(4095)}😀 and more`,
      retry: true,
      stack: 'secret',
    }
    bob.send({ op: 'response', id, error })
    const { code, number, retry } = error
    const crossed = { code, number, message: `${'m'.repeat(4095)}\uFFFD`, retry }
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', error: crossed })
  })
})

suite('a call that leads nowhere is answered at once', () => {
  const nowhere: readonly (readonly [string, Frame, string])[] = [
    ['an id that has never been seen', { to: 'nobody' }, 'unknown_recipient'],
    ['a client that is away', { to: 'away' }, 'offline'],
    ['a client that answers no calls', { to: 'mute' }, 'no_handler'],
    ['a cross_comm program', { to: 'elder' }, 'no_handler'],
    ['a method that the hub does not have', { to: 'hub' }, 'no_handler'],
    ['server, which is the hub', { to: 'server' }, 'no_handler'],
    ['everyone', { to: 'all' }, 'invalid_address'],
    ['a group', { to: 'group:a' }, 'invalid_address'],
    ['a channel', { to: 'channel:a' }, 'invalid_address'],
    ['a queue without workers', { to: 'queue:a' }, 'no_handler'],
    ['what is no address', { to: 'channel:a..b' }, 'invalid_address'],
    ['a body that is too large', { to: 'alice', body: 'x'.repeat(262_144) }, 'body_too_large'],
    [
      'a body that the callee has no words for',
      { to: 'packer', body: JSON.parse('{"__proto__":1}') },
      'unrepresentable',
    ],
  ]

  test('to each what is the matter', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using _mute = await RawPeer.login(server.url, 'mute')
    await using _packer = await callee(server, 'packer', 'msgpack')
    await using _elder = await CrossCommClient.login(server.url, 'elder')
    await visit(server, 'away')
    for (const [about, fields, code] of nowhere) {
      alice.send({ ...request('x'), ...fields })
      const answer = await alice.next('response')
      assert.deepEqual([answer.id, codeOf(answer)], ['r1', code], about)
    }
    assert.deepEqual(await alice.settled(), [])
  })

  test('where the caller may not call, whether the callee is there or not', async () => {
    const requestBob = { operations: ['request'], addresses: ['bob'] } as const
    await using server = await startGuardedHub({ alice: [requestBob] })
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    for (const fields of [{ to: 'carol' }, { to: 'hub' }, { to: 'hub', method: 'hub.stats' }, { to: 'server' }]) {
      alice.send({ ...request('x'), ...fields })
      assert.equal(codeOf(await alice.next('response')), 'forbidden', JSON.stringify(fields))
    }
    await asked(alice, bob)
    alice.send({ op: 'cancel', id: 'r1' })
    server.permit('alice', [{ operations: ['request', 'administer'], addresses: ['hub'] }])
    alice.send(request('hub', { method: 'hub.stats' }))
    assert.equal(((await alice.next('response')).body as Frame).node, 'test-node')
    alice.send(request('bob'))
    assert.equal(codeOf(await alice.next('response')), 'forbidden')
    server.permit('alice', [{ operations: ['request'], addresses: ['*'] }])
    alice.send(request('hub', { method: 'hub.stats' }))
    assert.equal(codeOf(await alice.next('response')), 'forbidden')
    alice.send(request('hub', { method: 'test' }))
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
  })

  test('where the callee has not been welcomed yet', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store })
    await using alice = await callee(server, 'alice')
    const open = slow.holdInspect()
    await using bob = await RawPeer.hello(server.url, 'bob', { hello: { caps: ['calls'] } })
    for (let code: unknown = 'unknown_recipient'; code === 'unknown_recipient'; ) {
      alice.send(request('bob'))
      code = codeOf(await alice.next('response'))
      if (code !== 'unknown_recipient') assert.equal(code, 'offline')
    }
    open()
    await bob.next('welcome')
    await asked(alice, bob)
  })

  test('where its id is under way already, which is no answer to the first', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const first = await asked(alice, bob)
    alice.send(request('bob', { method: 'other' }))
    const refusal = await alice.next('error')
    assert.deepEqual([codeOf(refusal), refusal.about], ['unexpected_frame', { op: 'request', id: 'r1' }])
    assert.deepEqual(await bob.settled(), [])
    bob.send({ op: 'response', id: first.id, body: 1 })
    assert.equal((await alice.next('response')).body, 1)
    const again = await asked(alice, bob)
    assert.notEqual(again.id, first.id)
  })

  test('where too many calls are under way, of the caller or to the callee', async () => {
    await using server = await startHub({ limits: { calls: 2 } })
    await using bob = await callee(server, 'bob')
    const callers: RawPeer[] = []
    await using _all = {
      [Symbol.asyncDispose]: async () => void (await Promise.all(callers.map((peer) => peer.cut()))),
    }
    for (let index = 0; index < 4; index++) {
      const peer = await callee(server, `caller-${index}`)
      callers.push(peer)
      for (const id of ['a', 'b']) await asked(peer, bob, { id })
      peer.send(request('bob', { id: 'c' }))
      assert.equal(codeOf(await peer.next('response')), 'too_many_calls')
    }
    const late = await callee(server, 'late')
    callers.push(late)
    late.send(request('bob'))
    assert.equal(codeOf(await late.next('response')), 'too_many_calls')
    callers[0]?.send({ op: 'cancel', id: 'a' })
    await bob.next('cancel')
    await asked(late, bob)
  })
})

suite('an answer in parts', () => {
  test('comes in its order, up to the end', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob', 'msgpack')
    const { id } = await asked(alice, bob)
    bob.send({ op: 'response', id, part: 0, body: 'a' }, { op: 'response', id, part: 1, body: null, end: false })
    bob.send({ op: 'response', id, part: 2, end: true }, { op: 'response', id, part: 3, body: 'too late' })
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', part: 0, body: 'a' })
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', part: 1, body: null })
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', part: 2, end: true })
    await bob.settled()
    assert.deepEqual(await alice.settled(), [])
  })

  const parts = (id: unknown, from: number, count: number): Frame[] =>
    Array.from({ length: count }, (_, index) => ({ op: 'response', id, part: from + index, body: index }))

  test('has 32 parts, and so many more as the caller allows', async () => {
    await using server = await startHub()
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    alice.send({ op: 'credit', id: 'r1', parts: 2 })
    assert.deepEqual(await bob.next('credit'), { op: 'credit', id, parts: 2 })
    bob.send(...parts(id, 0, 34))
    for (let index = 0; index < 34; index++) assert.equal((await alice.next('response')).part, index)
    bob.send(...parts(id, 34, 1))
    assert.equal(codeOf(await alice.next('response')), 'window_exceeded')
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id })
  })

  const broken: readonly (readonly [string, readonly Frame[], string])[] = [
    ['a hole', [{ part: 1, body: 1 }], 'call_failed'],
    [
      'a part that comes twice',
      [
        { part: 0, body: 1 },
        { part: 0, body: 1 },
      ],
      'call_failed',
    ],
    [
      'a wrong end',
      [
        { part: 0, body: 1 },
        { part: 2, end: true },
      ],
      'call_failed',
    ],
    ['a whole answer behind a part', [{ part: 0, body: 1 }, { body: 1 }], 'call_failed'],
    ['a part that is too large', [{ part: 0, body: 'x'.repeat(262_144) }], 'body_too_large'],
  ]
  for (const [about, frames, code] of broken) {
    test(`fails the call with ${code} by ${about}`, async () => {
      await using server = await startHub()
      await using alice = await callee(server, 'alice')
      await using bob = await callee(server, 'bob')
      const { id } = await asked(alice, bob)
      bob.send(...frames.map((fields) => ({ op: 'response', id, ...fields })))
      assert.equal(codeOf(await alice.next((frame) => codeOf(frame) !== undefined)), code)
      assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id })
      bob.send({ op: 'response', id, part: 1, body: 'late' })
      alice.frames.drain()
      await bob.settled()
      assert.deepEqual(await alice.settled(), [])
    })
  }

  test('that is too much to wait for a slow reader fails the call and nothing else', async () => {
    await using server = await startHub({ sendQueue: { softBytes: 20_000, hardBytes: 40_000 } })
    await using alice = await callee(server, 'alice')
    await using bob = await callee(server, 'bob')
    const { id } = await asked(alice, bob)
    bob.send({ op: 'response', id, body: 'x'.repeat(30_000) })
    assert.equal(codeOf(await alice.next('response')), 'slow_consumer')
    alice.send(request('bob', { body: 'x'.repeat(30_000) }))
    assert.equal(codeOf(await alice.next('response')), 'slow_consumer')
  })
})

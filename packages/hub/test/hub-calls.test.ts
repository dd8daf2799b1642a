import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Call } from '@posthouse/hub'
import { PosthouseError } from '@posthouse/hub'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

const callable = { hello: { caps: ['calls'] } }

function request(method: string, fields: Frame = {}): Frame {
  return { op: 'request', id: 'r1', to: 'hub', method, ...fields }
}

suite('the hub answers calls', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`with what its handler returns, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      const seen: Call[] = []
      server.hub.handle('add', async (call) => {
        seen.push(call)
        return { sum: (call.body as number[]).reduce((a, b) => a + b) }
      })
      alice.send(request('add', { body: [1, 2] }))
      assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', body: { sum: 3 } })
      assert.deepEqual([seen[0]?.from, seen[0]?.method, seen[0]?.signal.aborted], ['alice', 'add', false])
    })
  }

  test('in parts, as fast as the caller takes them', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    let made = 0
    server.hub.handle('count', async function* () {
      for (; made < 40; made++) yield made
    })
    alice.send(request('count'))
    for (let part = 0; part < 32; part++) assert.equal((await alice.next('response')).body, part)
    assert.deepEqual(await alice.settled(), [])
    assert.equal(made, 32)
    alice.send({ op: 'credit', id: 'r1', parts: 100 })
    for (let part = 32; part < 40; part++) assert.equal((await alice.next('response')).part, part)
    assert.deepEqual(await alice.next('response'), { op: 'response', id: 'r1', part: 40, end: true })
  })

  test('of no more handlers than may be at work, also where their callers have given up', async () => {
    await using server = await startHub({ limits: { calls: 1 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    const { promise, resolve } = Promise.withResolvers<string>()
    let begun = 0
    server.hub.handle('wait', () => {
      begun++
      return promise
    })
    for (let call = 0; call < 4; call++) alice.send(request('wait'), { op: 'cancel', id: 'r1' })
    alice.send(request('wait'))
    assert.equal(codeOf(await alice.next('response')), 'too_many_calls')
    assert.equal(begun, 4)
    resolve('done')
    await promise
    alice.send(request('wait'))
    assert.equal((await alice.next('response')).body, 'done')
  })

  test('with an error of ours, and hides what else its handler throws', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    server.hub.handle('refuse', () => {
      throw new PosthouseError('forbidden', 'not you', { cause: new Error('a secret') })
    })
    server.hub.handle('break', () => Promise.reject(new Error('a secret')))
    server.hub.handle('huge', () => 'x'.repeat(300_000))
    server.hub.handle('odd', () => Number.NaN)
    alice.send(request('refuse'))
    const refusal = await alice.next('response')
    assert.deepEqual(refusal.error, { code: 'forbidden', number: 2002, message: 'not you', retry: false })
    alice.send(request('break'))
    const answer = JSON.stringify(await alice.next('response'))
    assert.match(answer, /handler_failed/)
    assert.doesNotMatch(answer, /secret/)
    const line = await server.log.line('a handler of the hub failed')
    assert.match(String(line.fields.error), /a secret/)
    alice.send(request('huge'))
    assert.equal(codeOf(await alice.next('response')), 'body_too_large')
    alice.send(request('odd'))
    assert.equal(codeOf(await alice.next('response')), 'unrepresentable')
  })

  test('until the caller gives up or is gone', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const { promise: begun, resolve: begin } = Promise.withResolvers<Call>()
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
    server.hub.handle('wait', (call) => {
      call.signal.addEventListener('abort', () => abort())
      begin(call)
      return aborted
    })
    alice.send(request('wait'))
    const { signal } = await begun
    alice.send({ op: 'cancel', id: 'r1' })
    await aborted
    assert.equal((signal.reason as PosthouseError).code, 'aborted')
    assert.deepEqual(await alice.settled(), [])
  })

  test('of one handler for each method, and none that begins with hub.', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const handler = server.hub.handle('once', () => 1)
    assert.throws(() => server.hub.handle('once', () => 2), { code: 'invalid_option' })
    assert.throws(() => server.hub.handle('hub.stats', () => 2), { code: 'invalid_option' })
    assert.throws(() => server.hub.handle('', () => 2), { code: 'invalid_option' })
    handler[Symbol.dispose]()
    handler[Symbol.dispose]()
    alice.send(request('once'))
    assert.equal(codeOf(await alice.next('response')), 'no_handler')
    server.hub.handle('once', () => 3)
    alice.send(request('once'))
    assert.equal((await alice.next('response')).body, 3)
  })
})

test('answers of one tick leave in pieces, so that neither end waits for the other', async () => {
  await using server = await startHub()
  await using alice = await RawPeer.login(server.url, 'alice')
  server.hub.handle('echo', ({ body }) => body)
  await alice.settled()
  const before = alice.bursts.length
  alice.send(...Array.from({ length: 70 }, (_, index) => request('echo', { id: `r${index}`, body: index })))
  for (let index = 0; index < 70; index++) assert.equal((await alice.next('response')).body, index)
  assert.deepEqual(alice.bursts.slice(before), [32, 32, 6])
})

for (const dialect of ['json', 'msgpack'] as const) {
  test(`an answer of the hub is as long as a body may be, no longer, in ${dialect}`, async () => {
    await using server = await startHub({ limits: { bodyBytes: 1000 } })
    await using alice = await RawPeer.login(server.url, 'alice', { dialect })
    // Quotes count.
    server.hub.handle('text', ({ body }) => 'x'.repeat(Number(body) - 2))
    alice.send(request('text', { body: 1000 }))
    assert.equal(String((await alice.next('response')).body).length, 998)
    alice.send(request('text', { body: 1001 }))
    assert.equal(codeOf(await alice.next('response')), 'body_too_large')
    assert.equal((await server.hub.request('hub', 'text', 1000).then(String)).length, 998)
    await assert.rejects(server.hub.request('hub', 'text', 1001), { code: 'body_too_large' })
  })
}

suite('the hub calls', () => {
  test('a client, and gets its answer', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack', ...callable })
    const answer = server.hub.request('bob', 'add', [1, 2], { timeoutMs: 500 })
    const { id, ...call } = await bob.next('request')
    assert.deepEqual(call, { op: 'request', from: 'hub', to: 'bob', method: 'add', timeoutMs: 500, body: [1, 2] })
    bob.send({ op: 'response', id, body: 3 })
    assert.equal(await answer, 3)
    const failing = server.hub.request('bob', 'add')
    const second = await bob.next('request')
    bob.send({ op: 'response', id: second.id, error: { code: 'forbidden', number: 2002, message: 'no', retry: false } })
    await assert.rejects(failing, { code: 'forbidden', message: 'no' })
  })

  test('itself', async () => {
    await using server = await startHub()
    server.hub.handle('echo', ({ body, from }) => ({ body, from }))
    assert.deepEqual(await server.hub.request('hub', 'echo', 'x'), { body: 'x', from: 'hub' })
    const kept = { list: [1] }
    server.hub.handle('kept', () => kept)
    const answer = await server.hub.request('hub', 'kept')
    assert.deepEqual(answer, kept)
    assert.notEqual(answer, kept, "nobody is handed what is the handler's own")
    await assert.rejects(server.hub.request('hub', 'other'), { code: 'no_handler' })
  })

  test('itself from within its handlers, as deep as calls may be under way', async () => {
    await using server = await startHub({ limits: { calls: 2000 } })
    let begun = 0
    server.hub.handle('again', () => {
      begun++
      return server.hub.request('hub', 'again')
    })
    await assert.rejects(server.hub.request('hub', 'again'), { code: 'too_many_calls' })
    assert.equal(begun, 2000)
  })

  test('and hears at once where it leads nowhere', async () => {
    await using server = await startHub()
    await using _mute = await RawPeer.login(server.url, 'mute')
    await assert.rejects(server.hub.request('nobody', 'm'), { code: 'unknown_recipient' })
    await assert.rejects(server.hub.request('mute', 'm'), { code: 'no_handler' })
    await assert.rejects(server.hub.request('group:a', 'm'), { code: 'invalid_address' })
    await assert.rejects(server.hub.request('hub', 'm', 'x'.repeat(300_000)), { code: 'body_too_large' })
    await assert.rejects(server.hub.request('hub', 'm', 1, { timeoutMs: 0 }), { code: 'invalid_option' })
    await assert.rejects(server.hub.request('hub', 'm', 1, { deadline: 1 }), { code: 'timeout' })
    await assert.rejects(server.hub.request('hub', 'm', 1, { signal: AbortSignal.abort() }), { code: 'aborted' })
  })

  test('until it gives up, its time is over, or it is closed', async () => {
    await using server = await startTimelessHub()
    await using bob = await RawPeer.login(server.url, 'bob', callable)
    const abortion = new AbortController()
    const given = server.hub.request('bob', 'm', undefined, { signal: abortion.signal })
    const first = await bob.next('request')
    abortion.abort()
    await assert.rejects(given, { code: 'aborted' })
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id: first.id })
    const late = server.hub.request('bob', 'm', undefined, { deadline: new Date(server.clock.now() + 100) })
    const second = await bob.next('request')
    assert.equal(second.timeoutMs, 100)
    server.clock.advance(100)
    await assert.rejects(late, { code: 'timeout' })
    assert.deepEqual(await bob.next('cancel'), { op: 'cancel', id: second.id })
    const last = server.hub.request('bob', 'm')
    await bob.next('request')
    const closed = server.hub.close()
    await assert.rejects(last, { code: 'closed' })
    await closed
    await assert.rejects(server.hub.request('bob', 'm'), { code: 'closed' })
  })
})

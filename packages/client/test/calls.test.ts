import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PosthouseError } from '@posthouse/core'
import type { HubFrame, RequestFrame } from '@posthouse/protocol'
import { nextState, ScriptedHub, withCode } from './scripted-hub.ts'

const value = (data: unknown) => ({ format: 'value', value: data }) as const

function asked(id: string, fields: Partial<RequestFrame> = {}): HubFrame {
  return { op: 'request', id, from: 'bob', to: 'alice', method: 'add', timeoutMs: 1000, ...fields }
}

suite('a client that is called', () => {
  test('announces that it can be, and answers no_handler by itself while it handles nothing', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { peer, hello } = online
    assert.deepEqual(hello.caps, ['calls'])
    peer.write({ op: 'credit', id: 'x', parts: 1 }, { op: 'cancel', id: 'x' }, asked('1'))
    const answer = await peer.next('response')
    assert.deepEqual([answer.id, answer.error?.code], ['1', 'no_handler'])
  })

  test('keeps what comes while the code for calls is loaded', async () => {
    await using hub = await ScriptedHub.start()
    const client = hub.client()
    const connected = client.connect()
    const peer = await hub.connection()
    const frames = [asked('1', { body: value([1, 2]) }), asked('2'), { op: 'cancel', id: '2' } as const]
    client.handle('add', ({ body }) => body)
    const welcome = peer.welcome()
    await welcome
    peer.write(...frames)
    await connected
    const answer = await peer.next('response')
    assert.equal(answer.id, '1')
    assert.equal(new TextDecoder().decode(answer.body?.format === 'json' ? answer.body.bytes : undefined), '[1,2]')
    await client.close()
  })

  test('has one handler for each method', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client } = online
    const first = client.handle('add', () => 1)
    assert.throws(() => client.handle('add', () => 2), withCode('invalid_option'))
    first[Symbol.dispose]()
    const second = client.handle('add', () => 2)
    first[Symbol.dispose]()
    assert.throws(() => client.handle('add', () => 3), withCode('invalid_option'))
    second[Symbol.dispose]()
    await client.close()
    assert.throws(() => client.handle('add', () => 3), withCode('closed'))
  })

  test('goes no further than the caller allows', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    client.handle('add', async function* () {
      for (let part = 0; part < 40; part++) yield part
    })
    peer.write(asked('1'))
    for (let part = 0; part < 32; part++) assert.equal((await peer.next('response')).part, part)
    peer.write({ op: 'credit', id: '1', parts: 8 }, { op: 'credit', id: 'other', parts: 8 })
    for (let part = 32; part < 40; part++) assert.equal((await peer.next('response')).part, part)
    const end = await peer.next('response')
    assert.deepEqual([end.part, end.end], [40, true])
  })

  test('holds large parts back until some were taken', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    let made = 0
    client.handle('add', async function* () {
      for (; made < 4; made++) yield 'x'.repeat(150_000)
    })
    peer.write(asked('1'))
    assert.equal((await peer.next('response')).part, 0)
    assert.equal((await peer.next('response')).part, 1)
    peer.write({ op: 'ping' })
    await peer.next('pong')
    assert.equal(made, 2)
    peer.write({ op: 'credit', id: '1', parts: 2 })
    assert.equal((await peer.next('response')).part, 2)
    assert.equal((await peer.next('response')).part, 3)
    peer.write({ op: 'credit', id: '1', parts: 2 })
    assert.equal((await peer.next('response')).end, true)
  })

  test('handles 1,024 calls at a time, and refuses more until one of them is done', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    client.handle('add', ({ body }) => (body === 'first' ? done : new Promise(() => undefined)))
    const frames = Array.from({ length: 1024 }, (_, n) => asked(`${n}`, n === 0 ? { body: value('first') } : {}))
    peer.write(...frames)
    peer.write(asked('more'), { op: 'ping' })
    const refused = await peer.next('response')
    assert.deepEqual([refused.id, refused.error?.code], ['more', 'too_many_calls'])
    await peer.next('pong')
    finish()
    assert.equal((await peer.next('response')).id, '0')
    peer.write(asked('again', { method: 'missing' }), asked('again'), asked('one too many'))
    assert.equal((await peer.next('response')).error?.code, 'no_handler')
    assert.equal((await peer.next('response')).id, 'one too many')
  })

  test('aborts its handlers when the connection is lost, and answers the next one nothing of it', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const { promise: aborted, resolve } = Promise.withResolvers<unknown>()
    client.handle('add', ({ signal }) => {
      signal.addEventListener('abort', () => resolve(signal.reason))
      peer.cut()
      return aborted
    })
    peer.write(asked('1'))
    assert.equal(((await aborted) as PosthouseError).code, 'not_connected')
    const next = await hub.connection()
    await next.welcome()
    next.write({ op: 'ping' })
    await next.next('pong')
  })
})

suite('a client that calls', () => {
  test('is answered once; what else comes is passed over', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const answer = client.request('bob', 'add', [1])
    const { op, id, to, method, timeoutMs } = await peer.next('request')
    assert.deepEqual([op, to, method, timeoutMs], ['request', 'bob', 'add', 30_000])
    const whole: HubFrame = { op: 'response', id, body: value(1) }
    peer.write({ op: 'response', id: 'other', body: value(0) }, whole, { ...whole, body: value(2) })
    peer.write({ op: 'response', id, part: 0, body: value(3) }, { op: 'cancel', id }, { op: 'credit', id, parts: 1 })
    assert.equal(await answer, 1)
    peer.write({ op: 'ping' })
    await peer.next('pong')
  })

  test('reads the body before it goes on', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const body = { list: [1] }
    const answer = client.request('bob', 'add', body)
    body.list.push(2)
    const request = await peer.next('request')
    assert.equal(
      new TextDecoder().decode(request.body?.format === 'json' ? request.body.bytes : undefined),
      '{"list":[1]}',
    )
    peer.write({ op: 'response', id: request.id })
    assert.equal(await answer, undefined)
  })

  test('hears of a request that the hub refused as a frame', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const answer = client.request('bob', 'add')
    const { id } = await peer.next('request')
    const about = { op: 'request', id }
    peer.write({ op: 'error', code: 'rate_limited', number: 4001, message: 'slower', retry: true, about })
    await assert.rejects(answer, withCode('rate_limited'))
    const told = new Promise((resolve) => client.watch('error', resolve))
    peer.write({ op: 'error', code: 'rate_limited', number: 4001, message: 'slower', retry: true, about })
    assert.equal(((await told) as PosthouseError).code, 'rate_limited')
  })

  test('loses its calls with its connection, and makes others on the next', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const whole = client.request('bob', 'add')
    const parts = client.stream('bob', 'count')
    const first = parts.next()
    const requests = [await peer.next('request'), await peer.next('request')]
    peer.write({ op: 'response', id: requests[1]?.id ?? '', part: 0, body: value(0) })
    assert.deepEqual(await first, { done: false, value: 0 })
    const waiting = nextState(client, 'waiting')
    peer.cut()
    await assert.rejects(whole, withCode('call_lost'))
    await assert.rejects(parts.next(), withCode('call_lost'))
    await waiting
    await assert.rejects(client.request('bob', 'add'), withCode('not_connected'))
    const next = await hub.connection()
    await next.welcome()
    while (client.state !== 'online') await nextState(client, 'online')
    const answer = client.request('bob', 'add')
    const { id } = await next.next('request')
    next.write(...requests.map((request): HubFrame => ({ op: 'response', id: request.id, body: value('old') })))
    next.write({ op: 'response', id, body: value('new') })
    assert.equal(await answer, 'new')
  })

  test('gives back what its loop has taken', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const parts = client.stream('bob', 'count')
    const first = parts.next()
    const { id } = await peer.next('request')
    peer.write(...Array.from({ length: 32 }, (_, part): HubFrame => ({ op: 'response', id, part, body: value(part) })))
    await first
    for (let part = 1; part < 17; part++) assert.equal((await parts.next()).value, part)
    assert.equal((await peer.next('credit')).parts, 16)
    for (let part = 17; part < 32; part++) await parts.next()
    const end = parts.next()
    assert.equal((await peer.next('credit')).parts, 16)
    peer.write({ op: 'response', id, part: 32, end: true })
    assert.deepEqual(await end, { done: true, value: undefined })
    const left = client.stream('bob', 'count')
    const begun = left.next()
    const second = await peer.next('request')
    peer.write({ op: 'response', id: second.id, part: 0, body: value(0) })
    await begun
    await left.return()
    assert.equal((await peer.next('cancel')).id, second.id)
  })
})

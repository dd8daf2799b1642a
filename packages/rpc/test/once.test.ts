import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CallStore, ManualClock, MemoryCallStore } from '@posthouse/core'
import { createApi, procedure } from '@posthouse/rpc'
import { next, serve } from './serve.ts'

const ana = 'a'.repeat(32)
const bob = 'b'.repeat(32)
const as = (caller: string) => ({ auth: { posthouse: 1, caller } })
const by = (caller: string) => ({ 'posthouse-caller': caller })

/** A procedure that counts how often it runs, and goes on when it is told to. */
function counting(store?: CallStore) {
  let runs = 0
  const gates: PromiseWithResolvers<string>[] = []
  const quick = procedure({}, () => ++runs)
  const slow = procedure({}, () => {
    runs++
    const gate = Promise.withResolvers<string>()
    gates.push(gate)
    return gate.promise
  })
  const api = createApi({ quick, slow }, { store })
  return {
    api,
    runs: () => runs,
    open: (value: string) => gates.shift()?.resolve(value),
    started: () => gates.length > 0,
  }
}

describe('a call that is sent again', () => {
  it('gets bytes as bytes again, and where JSON has to do, as base64', async () => {
    const answer = { list: [Buffer.from([1, 2, 3]), 'x'], at: new Date(0), one: new Uint8Array([255]), '0': 1 }
    await using server = await serve(createApi({ bytes: procedure({}, () => answer) }))
    const socket = await server.connect(as(ana))
    const call = { api: 'bytes', request_id: 'r1' }
    const first = await socket.emitWithAck('api', call)
    assert.deepEqual(first.data.list, [Buffer.from([1, 2, 3]), 'x'])
    assert.deepEqual((await socket.emitWithAck('api', call)).data, { ...first.data, at: '1970-01-01T00:00:00.000Z' })
    const { json } = await server.call(call, by(ana))
    assert.deepEqual(json.data, { '0': 1, list: ['AQID', 'x'], at: '1970-01-01T00:00:00.000Z', one: '/w==' })
  })

  it('gets the first answer over whatever door, and its handler runs once', async () => {
    const { api, runs } = counting()
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const call = { api: 'quick', data: { b: 1, a: { d: 2, c: 3 } }, request_id: 'r1' }
    const first = await socket.emitWithAck('api', call)
    assert.equal(first.data, 1)
    const again = { ...call, data: { a: { c: 3, d: 2 }, b: 1 } }
    assert.equal((await server.call(again, by(ana))).json.data, 1)
    socket.emit('api', again)
    assert.equal((await next(socket, 'apiResponse')).data, 1)
    assert.equal((await server.ask('/api/calls/r1', { headers: by(ana) })).json.data, 1)
    assert.equal(runs(), 1)
  })

  it('waits with the others for one that is under way', async () => {
    const { api, runs, open } = counting()
    await using server = await serve(api)
    const call = { api: 'slow', request_id: 'r1', data: 1 }
    const socket = await server.connect(as(ana))
    const first = socket.emitWithAck('api', call)
    const pending = await server.call(call, { ...by(ana), prefer: 'wait=0' })
    assert.equal(pending.status, 202)
    assert.equal(pending.headers.get('location'), '/api/calls/r1')
    assert.equal(
      pending.headers.get('posthouse-calls'),
      (await server.ask('/api/calls/x', {})).headers.get('posthouse-calls'),
    )
    assert.deepEqual(pending.json, {
      success: true,
      message: '请求已接收',
      request_id: 'r1',
      api: 'slow',
      state: 'running',
    })
    const second = server.call(call, by(ana))
    open('done')
    assert.equal((await first).data, 'done')
    assert.equal((await second).json.data, 'done')
    assert.equal(runs(), 1)
  })

  it('is refused where its input is another one', async () => {
    const { api, runs } = counting()
    await using server = await serve(api)
    const others = [
      [1, 2],
      [1, '1'],
      [null, 'null'],
      [true, 'true'],
      [
        [[1], 2],
        [1, [2]],
      ],
      [{ a: [] }, { a: {} }],
    ]
    const more = [
      [{ a: 'b' }, { ab: '' }],
      [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
      ['', []],
    ]
    for (const [n, [data, other]] of [...others, ...more].entries()) {
      const call = { api: 'quick', request_id: `r${n}` }
      await server.call({ ...call, data }, by(ana))
      const { status, json } = await server.call({ ...call, data: other }, by(ana))
      assert.deepEqual([status, json.code], [409, 'call_conflict'], JSON.stringify(other))
      assert.equal(runs(), n + 1)
    }
  })

  it('is not carried out where another memory was asked first', async () => {
    const { api, runs } = counting()
    await using server = await serve(api)
    const { json } = await server.call({ api: 'quick', request_id: 'r1', store: 'another' }, by(ana))
    assert.equal(json.code, 'unknown_outcome')
    assert.equal(runs(), 0)
  })

  it('runs where it was refused before its handler began', async () => {
    const hold = Promise.withResolvers<number>()
    const narrow = procedure({ concurrency: 1, queue: 0 }, (data) => (data === 1 ? hold.promise : data))
    await using server = await serve(createApi({ narrow }))
    const socket = await server.connect(as(ana))
    const first = socket.emitWithAck('api', { api: 'narrow', request_id: 'n1', data: 1 })
    const second = { api: 'narrow', request_id: 'n2', data: 2 }
    const refused = { success: false, code: 'too_many_calls', retry: true }
    assert.partialDeepStrictEqual(await socket.emitWithAck('api', second), refused)
    hold.resolve(1)
    await first
    assert.equal((await socket.emitWithAck('api', second)).data, 2)
  })
})

/** A memory that outlives the server, and takes its time over the first question. */
function slowMemory() {
  const memory = new MemoryCallStore()
  const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let questions = 0
  const store: CallStore = {
    id: memory.id,
    lasting: true,
    size: 0,
    get: async (caller, id) => {
      asked.resolve()
      if (questions++ === 0) await gate.promise
      return memory.get(caller, id)
    },
    put: (call) => memory.put(call),
    remove: (caller, id) => memory.remove(caller, id),
    find: (query) => memory.find(query),
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  }
  return { store, asked: asked.promise, remember: gate.resolve }
}

describe('what a call came to', () => {
  it('is told to nobody else', async () => {
    const { api, open } = counting()
    await using server = await serve(api)
    const [hers, his, unknown] = [await server.connect(as(ana)), await server.connect(as(bob)), await server.connect()]
    for (const socket of [his, unknown])
      socket.onAny((event) => event === 'api:welcome' || assert.fail(`heard ${event}`))
    const answer = next(hers, 'apiResponse')
    const receipt = await server.call({ api: 'slow', request_id: 'r1', callback_type: 'socket' }, by(ana))
    assert.equal(receipt.text, '{"success":true,"message":"请求已接收","request_id":"r1"}')
    open('hers')
    assert.equal((await answer).data, 'hers')
    for (const headers of [by(bob), undefined]) {
      const { status, json } = await server.ask('/api/calls/r1', headers && { headers })
      assert.equal(status, 404)
      assert.equal(json.code, 'unknown_call')
    }
    // The same id is another call where another caller has it.
    const own = await his.emitWithAck('api', { api: 'quick', request_id: 'r1' })
    assert.equal(own.data, 2)
  })

  it('waits for a caller who has lost the connection', async () => {
    const { api, open, started } = counting()
    await using server = await serve(api)
    const before = await server.connect(as(ana))
    before.emit('api', { api: 'slow', request_id: 'r1' })
    await before.emitWithAck('api:ping', {})
    assert.ok(started())
    before.disconnect()
    const stranger = await server.connect(as(bob))
    stranger.on('apiResponse', () => assert.fail('not for bob'))
    open('late')
    await stranger.emitWithAck('api:ping', {})
    const after = await server.connect({ ...as(ana), autoConnect: true })
    assert.equal((await after.emitWithAck('api', { api: 'slow', request_id: 'r1' })).data, 'late')
  })

  it('is not unknown where it began while the memory was asked for it', async () => {
    const { store, asked, remember } = slowMemory()
    const { api, open, started } = counting(store)
    await using server = await serve(api)
    const status = server.ask('/api/calls/r1', { headers: by(ana) })
    await asked
    const answer = server.call({ api: 'slow', request_id: 'r1' }, by(ana))
    for (let turns = 0; !started() && turns < 100_000; turns++) await new Promise(setImmediate)
    remember()
    assert.equal((await status).status, 202)
    open('done')
    assert.equal((await answer).json.data, 'done')
  })

  it('can be fetched later by an anonymous caller with the secret of its answer', async () => {
    const { api } = counting()
    await using server = await serve(api)
    const first = await server.call({ api: 'quick', request_id: 'r1' })
    const secret = first.headers.get('posthouse-caller') ?? ''
    assert.match(secret, /^[\w-]{32,}$/)
    assert.equal((await server.ask('/api/calls/r1', { headers: by(secret) })).json.data, 1)
    assert.equal((await server.ask('/api/calls/r1')).status, 404)
  })

  it('cannot go to a socket that is nobody’s', async () => {
    const { api, runs } = counting()
    await using server = await serve(api)
    const { status, json } = await server.call({ api: 'quick', callback_type: 'socket' })
    assert.equal(status, 400)
    assert.equal(json.code, 'invalid_field')
    assert.equal(runs(), 0)
  })
})

describe('a call that nobody waits for any more', () => {
  it('is cancelled by its caller only, and its handler is told', async () => {
    const signals: AbortSignal[] = []
    const api = createApi({
      wait: procedure({}, (_, { signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      }),
    })
    await using server = await serve(api)
    const [hers, his] = [await server.connect(as(ana)), await server.connect(as(bob))]
    const answer = hers.emitWithAck('api', { api: 'wait', request_id: 'r1' })
    his.emit('api:cancel', { request_id: 'r1' })
    await his.emitWithAck('api:ping', {})
    await hers.emitWithAck('api:ping', {})
    assert.equal(signals[0]?.aborted, false)
    assert.equal((await server.ask('/api/calls/r1', { method: 'DELETE', headers: by(bob) })).status, 404)
    hers.emit('api:cancel', { request_id: 'r1' })
    assert.partialDeepStrictEqual(await answer, { success: false, code: 'aborted' })
    assert.equal(signals[0]?.aborted, true)
    const second = server.call({ api: 'wait', request_id: 'r2' }, by(ana))
    await hers.emitWithAck('api', { api: 'wait', request_id: 'r3', deadline_ms: 20 })
    await server.ask('/api/calls/r2', { method: 'DELETE', headers: by(ana) })
    assert.equal((await second).json.code, 'aborted')
    assert.equal((await second).status, 499)
  })

  it('ends with its own deadline, however many others are under way', async () => {
    const clock = new ManualClock()
    const wait = procedure({ timeoutMs: Number.POSITIVE_INFINITY }, () => new Promise(() => undefined))
    await using server = await serve(createApi({ wait }, { clock }))
    const socket = await server.connect(as(ana))
    const ended: unknown[] = []
    for (const deadline_ms of [10_000, 100, 5000, undefined]) {
      const hear = ({ code }: { readonly code: unknown }) => ended.push([deadline_ms, code])
      // The last one ends with the connection.
      socket.emitWithAck('api', { api: 'wait', deadline_ms }).then(hear, () => undefined)
    }
    await socket.emitWithAck('api:ping', {})
    for (const [ms, count] of [
      [99, 0],
      [21, 1],
      [4900, 2],
      [5000, 3],
    ] as const) {
      clock.advance(ms)
      await socket.emitWithAck('api:ping', {})
      assert.equal(ended.length, count)
    }
    assert.deepEqual(ended, [
      [100, 'timeout'],
      [5000, 'timeout'],
      [10_000, 'timeout'],
    ])
  })

  it('ends with its deadline, which sending it again does not move', async () => {
    const api = createApi({ wait: procedure({ timeoutMs: 60 }, () => new Promise(() => undefined)) })
    await using server = await serve(api)
    const [first, second] = await Promise.all([
      server.call({ api: 'wait', request_id: 'r1', deadline_ms: 10_000 }, by(ana)),
      server.call({ api: 'wait', request_id: 'r1', deadline_ms: 10_000 }, by(ana)),
    ])
    assert.equal(first.json.code, 'timeout')
    assert.equal(first.status, 504)
    assert.deepEqual(second.json, first.json)
  })
})

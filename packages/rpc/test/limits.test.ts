import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { createApi, procedure } from '@posthouse/rpc'
import { serve } from './serve.ts'

const ana = 'a'.repeat(32)
const as = (caller: string) => ({ auth: { posthouse: 1, caller } })

describe('a server of calls', () => {
  it('carries out 10,000 calls at the same time, each once', async () => {
    const gate = Promise.withResolvers<void>()
    const all = Promise.withResolvers<void>()
    const runs = new Map<unknown, number>()
    const wait = procedure({}, async (n) => {
      runs.set(n, (runs.get(n) ?? 0) + 1)
      if (runs.size === 10_000) all.resolve()
      await gate.promise
      return n
    })
    await using server = await serve(createApi({ wait }))
    const sockets = await Promise.all(Array.from({ length: 4 }, () => server.connect()))
    const answers = Array.from({ length: 10_000 }, (_, n) =>
      sockets[n % 4]?.emitWithAck('api', { api: 'wait', data: n, request_id: `r${n}` }),
    )
    await all.promise
    gate.resolve()
    for (const [n, answer] of (await Promise.all(answers)).entries()) assert.equal(answer.data, n)
    assert.ok([...runs.values()].every((count) => count === 1))
  })

  it('refuses at once what is more than it can take, and goes on', async () => {
    const gate = Promise.withResolvers<string>()
    await using server = await serve(createApi({ wait: procedure({}, () => gate.promise) }, { limits: { calls: 2 } }))
    const socket = await server.connect(as(ana))
    const call = (id: string) => socket.emitWithAck('api', { api: 'wait', request_id: id })
    const taken = [call('r1'), call('r2')]
    const refused = await Promise.all(Array.from({ length: 500 }, (_, n) => call(`more${n}`)))
    for (const answer of refused) assert.partialDeepStrictEqual(answer, { code: 'too_many_calls', retry: true })
    const { status } = await server.call({ api: 'wait' })
    assert.equal(status, 429)
    gate.resolve('done')
    assert.deepEqual(
      (await Promise.all(taken)).map(({ data }) => data),
      ['done', 'done'],
    )
    assert.equal((await call('more1')).data, 'done')
  })

  it('refuses what is no call, however it is made, and goes on', async () => {
    await using server = await serve(createApi({ echo: procedure({}, (data) => data) }))
    const socket = await server.connect(as(ana))
    const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    const cases = [
      [{ api: { toString: 1, valueOf: 1 } }, 'invalid_field'],
      [{ api: deep(1000) }, 'too_deep'],
      [{ api: 5, callback_func: deep(1000) }, 'too_deep'],
      [{ api: 'echo', callback_func: deep(1000) }, 'too_deep'],
      [{ api: 'echo', data: deep(64) }, 'too_deep'],
    ] as const
    for (const [call, code] of cases) {
      assert.partialDeepStrictEqual(await socket.emitWithAck('api', call), { success: false, code })
      const { status, json } = await server.call(call)
      assert.deepEqual([status, json.code], [400, code])
    }
    const answer = await socket.emitWithAck('api', { api: 'echo', data: deep(63) })
    assert.deepEqual(answer.data, deep(63))
  })

  it('ends connections that take more than their part, and nobody else', async () => {
    const api = createApi({ echo: procedure({}, (data) => data) }, { limits: { payloadBytes: 100 } })
    await using server = await serve(api)
    const socket = await server.connect()
    const places = Array.from({ length: 6 }, (_, num) => ({ _placeholder: true, num }))
    const echo = '42["api",{"api":"echo","data":"0123456789"}]'
    const cases = [
      { what: 'asking to be let in', first: '40', again: '40/a,' },
      { what: 'binary parts', first: `40\x1e456-${JSON.stringify(['api', ...places])}`, again: `b${'A'.repeat(400)}` },
      { what: 'not reading', first: '40', again: Array.from({ length: 10 }, () => echo).join('\x1e') },
    ]
    for (const { what, first, again } of cases) {
      const path = `${server.url}/socket.io/?EIO=4&transport=polling`
      const { sid } = JSON.parse((await (await fetch(path)).text()).slice(1))
      const post = async (body: string) => (await fetch(`${path}&sid=${sid}`, { method: 'POST', body })).status
      assert.equal(await post(first), 200)
      // The request in which it happens breaks off.
      let status: number | undefined = 200
      for (let n = 0; n < 20 && status === 200; n++) status = await post(again).catch(() => undefined)
      assert.equal(await post('3'), 400, what)
    }
    assert.equal((await socket.emitWithAck('api', { api: 'echo', data: 1 })).data, 1)
  })

  it('leaves one caller no room of the others', async () => {
    const gate = Promise.withResolvers<string>()
    const limits = { callsPerCaller: 1 }
    await using server = await serve(createApi({ wait: procedure({}, () => gate.promise) }, { limits }))
    const [hers, his] = [await server.connect(as(ana)), await server.connect(as('b'.repeat(32)))]
    const first = hers.emitWithAck('api', { api: 'wait' })
    assert.equal((await hers.emitWithAck('api', { api: 'wait' })).code, 'too_many_calls')
    const second = his.emitWithAck('api', { api: 'wait' })
    await his.emitWithAck('api:ping', {})
    gate.resolve('done')
    assert.equal((await first).data, 'done')
    assert.equal((await second).data, 'done')
  })

  it('holds each caller to a rate, and to that of a procedure', async () => {
    const clock = new ManualClock()
    const api = createApi(
      { free: procedure({}, () => 1), dear: procedure({ rate: { perSecond: 1 } }, () => 2) },
      { limits: { rate: { perSecond: 3 } }, clock },
    )
    await using server = await serve(api)
    const by = { 'posthouse-caller': ana }
    const codes = async (names: readonly string[]) => {
      const found: unknown[] = []
      for (const name of names) found.push((await server.call({ api: name }, by)).json.code ?? 'ok')
      return found
    }
    assert.deepEqual(await codes(['dear', 'dear', 'free', 'free']), ['ok', 'rate_limited', 'ok', 'rate_limited'])
    assert.equal((await server.call({ api: 'dear' }, { 'posthouse-caller': 'b'.repeat(32) })).json.data, 2)
    clock.advance(1000)
    assert.deepEqual(await codes(['dear', 'free']), ['ok', 'ok'])
  })

  it('lets so many handlers of a procedure work as it wants, and so many calls wait', async () => {
    let working = 0
    let most = 0
    const gates: (() => void)[] = []
    const narrow = procedure({ concurrency: 2, queue: 3 }, async (n) => {
      most = Math.max(most, ++working)
      await new Promise<void>((resolve) => gates.push(resolve))
      working--
      return n
    })
    await using server = await serve(createApi({ narrow }))
    const socket = await server.connect(as(ana))
    const answers = Array.from({ length: 6 }, (_, n) => socket.emitWithAck('api', { api: 'narrow', data: n }))
    assert.equal((await answers[5]).code, 'too_many_calls')
    for (let n = 0; n < 5; n++) {
      gates.shift()?.()
      assert.equal((await answers[n]).data, n)
    }
    assert.equal(most, 2)
  })

  it('answers a call that is too large, and the connection lives', async () => {
    await using server = await serve(createApi({ echo: procedure({}, (data) => data) }))
    const socket = await server.connect(as(ana))
    const large = await socket.emitWithAck('api', { api: 'echo', data: 'x'.repeat(1_000_000), request_id: 'r1' })
    assert.partialDeepStrictEqual(large, { request_id: 'r1', code: 'body_too_large', retry: false })
    assert.equal((await socket.emitWithAck('api', { api: 'echo', data: 'small' })).data, 'small')
    const binary = await socket.emitWithAck('api', { api: 'echo', data: Buffer.alloc(1_000_001) })
    assert.equal(binary.code, 'body_too_large')
    // Also where several come at once, of which the others are small.
    const sizes = [10, 600_000, 1_000_001, 10]
    const calls = sizes.map((size) => socket.emitWithAck('api', { api: 'echo', data: Buffer.alloc(size) }))
    const codes = (await Promise.all(calls)).map(({ code = 'taken' }) => code)
    assert.deepEqual(codes, ['taken', 'taken', 'body_too_large', 'taken'])
  })

  it('answers what is no call', async () => {
    await using server = await serve(createApi({}))
    const socket = await server.connect(as(ana))
    for (const call of [
      null,
      5,
      [],
      {},
      { api: 7 },
      { api: 'x', request_id: '' },
      { api: 'x', callback_type: 'mail' },
    ]) {
      assert.equal((await socket.emitWithAck('api', call)).code, 'invalid_field', JSON.stringify(call))
    }
  })

  it('lets pages of elsewhere not connect', async () => {
    await using server = await serve(createApi({}))
    const open = (origin: string) => server.connect({ extraHeaders: { origin } })
    await assert.rejects(open('https://evil.example'))
    assert.ok((await open('http://localhost:5173')).connected)
    await using chosen = await serve(createApi({}), { origins: ['https://app.example'] })
    await assert.rejects(chosen.connect({ extraHeaders: { origin: 'https://evil.example' } }))
    for (const origin of ['https://app.example', 'http://localhost:5173']) {
      assert.ok((await chosen.connect({ extraHeaders: { origin } })).connected, origin)
    }
  })
})

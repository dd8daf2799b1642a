import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApi, procedure } from '@posthouse/rpc'
import type { Socket } from 'socket.io-client'
import { serve } from './serve.ts'

const ana = 'a'.repeat(32)
const as = (caller: string) => ({ auth: { posthouse: 1, caller } })

/** Counts up to a number, and knows how far it came. */
function counting() {
  let made = 0
  let ended = false
  const api = createApi({
    count: procedure({}, async function* (to: unknown, { signal }) {
      try {
        for (let n = 0; n < Number(to); n++) {
          made++
          yield n
          signal.throwIfAborted()
        }
        return 'done'
      } finally {
        ended = true
      }
    }),
  })
  return { api, made: () => made, ended: () => ended }
}

/** Collects items until so many are there. */
function collect(socket: Socket, count: number): Promise<unknown[]> {
  const items: unknown[] = []
  return new Promise((resolve) => {
    socket.on('api:item', ({ n, item }) => {
      assert.equal(n, item)
      if (items.push(item) === count) resolve(items)
    })
  })
}

describe('a stream', () => {
  it('comes in items, and then says how many there were', async () => {
    const { api } = counting()
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const items = collect(socket, 3)
    const answer = await socket.emitWithAck('api', {
      api: 'count',
      data: 3,
      stream: true,
      credit: 10,
      request_id: 'r1',
    })
    assert.deepEqual(await items, [0, 1, 2])
    assert.partialDeepStrictEqual(answer, { success: true, data: 'done', items: 3 })
  })

  it('leaves others their turns where its caller takes whatever comes, and waits for one that has gone', async () => {
    const { api, made } = counting()
    await using server = await serve(api)
    const [socket, other] = [await server.connect(as(ana)), await server.connect()]
    socket.emit('api', { api: 'count', data: 100_000, stream: true, credit: 10, request_id: 'r1' })
    socket.emit('api:credit', { request_id: 'r1', credit: Number.MAX_SAFE_INTEGER })
    await collect(socket, 2000)
    await other.emitWithAck('api:ping', {})
    socket.disconnect()
    for (let last = -1; last !== made(); ) {
      last = made()
      for (let n = 0; n < 5; n++) await other.emitWithAck('api:ping', {})
    }
    assert.ok(made() < 100_000, `${made()} items were made`)
  })

  it('is made no faster than its caller takes it', async () => {
    const { api, made } = counting()
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const first = collect(socket, 4)
    const answer = socket.emitWithAck('api', { api: 'count', data: 1000, stream: true, credit: 4, request_id: 'r1' })
    await first
    await socket.emitWithAck('api:ping', {})
    assert.equal(made(), 4)
    const rest = collect(socket, 996)
    socket.emit('api:credit', { request_id: 'r1', credit: 6 })
    await socket.emitWithAck('api:ping', {})
    await socket.emitWithAck('api:ping', {})
    assert.equal(made(), 6)
    socket.emit('api:credit', { request_id: 'r1', credit: 1001 })
    await rest
    assert.equal((await answer).items, 1000)
  })

  it('goes on behind what its caller has, after the connection was lost', async () => {
    const { api } = counting()
    await using server = await serve(api)
    const before = await server.connect(as(ana))
    const first = collect(before, 5)
    before.emit('api', { api: 'count', data: 20, stream: true, credit: 5, request_id: 'r1' })
    await first
    before.disconnect()
    const after = await server.connect(as(ana))
    // Three of the five have arrived.
    const rest = collect(after, 17)
    const call = { api: 'count', data: 20, stream: true, from: 3, credit: 30, request_id: 'r1' }
    const answer = await after.emitWithAck('api', call)
    assert.deepEqual(
      await rest,
      Array.from({ length: 17 }, (_, n) => n + 3),
    )
    assert.equal(answer.items, 20)
  })

  it('that cannot go on where its caller was says so', async () => {
    const { api } = counting()
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const call = { api: 'count', data: 3, stream: true, credit: 10, request_id: 'r1' }
    await socket.emitWithAck('api', call)
    socket.emit('api:credit', { request_id: 'r1', credit: 13 })
    const again = await socket.emitWithAck('api', { ...call, from: 1 })
    assert.equal(again.code, 'call_lost')
  })

  it('ends when its caller leaves it', async () => {
    const { api, ended } = counting()
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const first = collect(socket, 2)
    const answer = socket.emitWithAck('api', { api: 'count', data: 1e9, stream: true, credit: 2, request_id: 'r1' })
    await first
    socket.emit('api:cancel', { request_id: 'r1' })
    assert.equal((await answer).code, 'aborted')
    await socket.emitWithAck('api:ping', {})
    assert.ok(ended())
  })

  it('that was left before its handler had items, by one who had no room for any, ends', async () => {
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const late = procedure({}, async () => {
      begun.resolve()
      await gate.promise
      return ReadableStream.from([1, 2, 3])
    })
    const api = createApi({ late })
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const answer = socket.emitWithAck('api', { api: 'late', stream: true, credit: 0, request_id: 'r1' })
    await begun.promise
    socket.emit('api:cancel', { request_id: 'r1' })
    assert.equal((await answer).code, 'aborted')
    gate.resolve()
    await socket.emitWithAck('api:ping', {})
    assert.equal(api.stats().running, 0)
  })

  it('is one list for a caller who takes no items, and too much of one is refused', async () => {
    const { api, ended } = counting()
    await using server = await serve(api)
    assert.deepEqual((await server.call({ api: 'count', data: 3 })).json.data, [0, 1, 2])
    const { json } = await server.call({ api: 'count', data: 1e9 })
    assert.deepEqual([json.code, json.retry], ['call_failed', false])
    assert.ok(ended())
  })

  it('comes over HTTP as lines, no faster than they are read', async () => {
    const { api, made } = counting()
    await using server = await serve(api)
    const headers = { 'content-type': 'application/json', accept: 'application/x-ndjson', 'posthouse-caller': ana }
    const body = JSON.stringify({ api: 'count', data: 1e6, stream: true, request_id: 'r1' })
    const abortion = new AbortController()
    const response = await fetch(`${server.url}/api/call`, { method: 'POST', headers, body, signal: abortion.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const piece = await reader?.read()
    assert.match(piece?.value ?? '', /^\{"n":0,"item":0\}\n/)
    await server.ask('/api/calls/none')
    assert.ok(made() < 1e6, 'made without a reader')
    for (const from of ['-1', '1.5', 'first']) {
      const { status, json } = await server.ask(`/api/calls/r1?from=${from}`, { headers })
      assert.deepEqual([status, json.code], [400, 'invalid_field'])
    }
    abortion.abort()
    assert.equal(
      (await server.ask('/api/calls/r1', { method: 'DELETE', headers: { 'posthouse-caller': ana } })).status,
      202,
    )
  })
})

describe('progress', () => {
  it('is told to those who know it, and shown to those who ask', async () => {
    const hold = Promise.withResolvers<string>()
    const api = createApi({
      work: procedure({}, (_, { progress }) => {
        progress({ done: 0.5 })
        return hold.promise
      }),
    })
    await using server = await serve(api)
    const socket = await server.connect(as(ana))
    const heard = new Promise((resolve) => socket.once('api:progress', resolve))
    const answer = socket.emitWithAck('api', { api: 'work', request_id: 'r1' })
    assert.deepEqual(await heard, { request_id: 'r1', progress: { done: 0.5 } })
    const asked = await server.ask('/api/calls/r1', { headers: { 'posthouse-caller': ana } })
    assert.equal(asked.status, 202)
    assert.deepEqual(asked.json.progress, { done: 0.5 })
    hold.resolve('done')
    assert.equal((await answer).data, 'done')
  })

  it('comes over HTTP as it is when it is read', async () => {
    const work = procedure({}, async function* (_, { progress }) {
      for (let done = 1; done <= 1000; done++) progress(done)
      yield 'item'
      progress('over')
    })
    const { body } = await createApi({ work }).http.call(
      { api: 'work', stream: true },
      { headers: { accept: 'application/x-ndjson' }, remoteAddress: '127.0.0.1' },
    )
    const lines: string[] = []
    for await (const line of body as AsyncIterable<string>) {
      lines.push(line)
      // The handler is ahead of its reader.
      await new Promise(setImmediate)
    }
    assert.deepEqual(
      lines.slice(0, -1).map((line) => JSON.parse(line)),
      [{ progress: 1000 }, { n: 0, item: 'item' }, { progress: 'over' }],
    )
  })
})

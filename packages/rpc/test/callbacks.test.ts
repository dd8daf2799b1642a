import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { MemoryCallStore } from '@posthouse/core'
import { createSigningKey, verifyCallback } from '@posthouse/core/callbacks'
import { type CallbackOptions, createApi, procedure } from '@posthouse/rpc'
import { serve } from './serve.ts'

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Receives callbacks, and answers what it is told to. */
async function receive(answers: readonly number[]) {
  const deliveries: Delivery[] = []
  let wake: () => void = () => undefined
  const server = createServer(async (request, response) => {
    deliveries.push({ headers: request.headers, body: await text(request) })
    const status = answers[deliveries.length - 1] ?? 200
    // A receiver that never answers.
    if (status > 0) response.writeHead(status, { location: '/elsewhere' }).end()
    wake()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api/callback`,
    /** Resolves with the first so many. */
    first: async (count: number): Promise<Delivery[]> => {
      while (deliveries.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return deliveries.slice(0, count)
    },
    count: () => deliveries.length,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const key = createSigningKey()
const options = (change: Partial<CallbackOptions> = {}): CallbackOptions => ({
  keys: [key],
  guard: { allowPrivate: ['127.0.0.0/8'] },
  delaysMs: [1],
  timeoutMs: 2000,
  ...change,
})
const tree = {
  add: procedure({}, (data: unknown) => Number(data) + 1),
  boom: procedure({}, () => {
    throw new Error('boom failed')
  }),
}
const call = (url: string, api = 'add') => ({
  api,
  data: 1,
  callback_type: 'http',
  callback_url: url,
  callback_func: 'cb',
  request_id: 'r1',
})

describe('a callback', () => {
  it('brings the answer as document 000 has it, signed', async () => {
    await using receiver = await receive([])
    await using server = await serve(createApi(tree, { callbacks: options() }))
    assert.equal(
      (await server.call(call(receiver.url))).text,
      '{"success":true,"message":"请求已接收","request_id":"r1"}',
    )
    const [delivery] = await receiver.first(1)
    assert.equal(
      delivery?.body,
      '{"request_id":"r1","api":"add","success":true,"data":2,"message":"处理成功","callback_func":"cb"}',
    )
    const { headers = {}, body = '' } = delivery ?? {}
    assert.match((await verifyCallback({ headers, body, keys: [key] })).id, /^cb_/)
    await assert.rejects(verifyCallback({ headers, body: body.replace('2', '3'), keys: [key] }), {
      code: 'invalid_signature',
    })
    await assert.rejects(verifyCallback({ headers, body, keys: [createSigningKey()] }), { code: 'invalid_signature' })
  })

  it('tells of failures in the same way, and of procedures that do not exist', async () => {
    await using receiver = await receive([])
    await using server = await serve(createApi(tree, { callbacks: options() }))
    await server.call({ ...call(receiver.url, 'boom'), request_id: 'b' })
    const [boom] = await receiver.first(1)
    assert.equal(
      boom?.body,
      '{"request_id":"b","api":"boom","success":false,"error":"boom failed","callback_func":"cb"}',
    )
    await server.call({ ...call(receiver.url, 'nope'), request_id: 'n' })
    const [, nope] = await receiver.first(2)
    assert.equal(
      nope?.body,
      '{"request_id":"n","api":"nope","success":false,"error":"未知的API: nope","callback_func":"cb"}',
    )
  })

  it('is tried again until it is taken, with the same id', async () => {
    await using receiver = await receive([500, 429, 302, 200])
    const api = createApi(tree, { callbacks: options() })
    await using server = await serve(api)
    await server.call(call(receiver.url))
    const deliveries = await receiver.first(4)
    assert.equal(new Set(deliveries.map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.equal(new Set(deliveries.map(({ body }) => body)).size, 1)
    await api.drain()
    assert.deepEqual(await api.callbacks('owed'), [])
    assert.equal(receiver.count(), 4)
  })

  it('is given up in the end, and can be sent anew or forgotten', async () => {
    await using receiver = await receive([410, 200, 410])
    const api = createApi(tree, { callbacks: options() })
    await using server = await serve(api)
    await server.call(call(receiver.url))
    await receiver.first(1)
    let given = await api.callbacks('given-up')
    for (let tries = 0; given.length === 0 && tries < 10_000; tries++) {
      await new Promise((resolve) => setImmediate(resolve))
      given = await api.callbacks('given-up')
    }
    assert.partialDeepStrictEqual(given, [{ requestId: 'r1', attempts: 1, lastError: 'the receiver answered 410' }])
    const { id = '' } = given[0] ?? {}
    await api.redriveCallback(id)
    await receiver.first(2)
    await api.drain()
    assert.deepEqual(await api.callbacks('given-up'), [])
    await assert.rejects(api.redriveCallback(id), { code: 'unknown_call' })
    await assert.rejects(api.removeCallback('none'), { code: 'unknown_call' })
  })

  it('to a receiver that is slow or gone keeps nobody else waiting', async () => {
    await using slow = await receive(Array.from({ length: 100 }, () => 0))
    await using quick = await receive([])
    await using server = await serve(createApi(tree, { callbacks: options({ timeoutMs: 60_000 }) }))
    for (let n = 0; n < 60; n++) await server.call({ ...call(slow.url), request_id: `s${n}` })
    await slow.first(8)
    await server.call({ ...call(quick.url), request_id: 'q' })
    await quick.first(1)
    assert.equal(slow.count(), 8)
  })

  it('is still made after a restart', async () => {
    await using store = new MemoryCallStore()
    await using receiver = await receive([503])
    {
      const api = createApi(tree, { store, callbacks: options({ delaysMs: [60_000_000] }) })
      await using server = await serve(api)
      await server.call(call(receiver.url))
      await receiver.first(1)
      await api.drain()
    }
    const owed = await store.find({ which: 'owed' })
    assert.equal(owed.length, 1)
    for (const kept of owed) {
      if (kept.callback) await store.put({ ...kept, callback: { ...kept.callback, nextAt: 0 } })
    }
    const api = createApi(tree, { store, callbacks: options() })
    await using _ = await serve(api)
    await api.start()
    const [first, second] = await receiver.first(2)
    assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id'])
    assert.equal(second?.body, first?.body)
  })

  it('goes to no address that is not public, however it is written', async () => {
    const runs: unknown[] = []
    const api = createApi({ add: procedure({}, (data) => void runs.push(data)) }, { callbacks: { keys: [key] } })
    await using server = await serve(api)
    const hosts = ['127.0.0.1', '10.0.0.1', '[::1]', '2130706433', '0x7f.1', '169.254.169.254', '[::ffff:10.0.0.1]']
    for (const host of hosts) {
      const { status, json } = await server.call(call(`http://${host}/x`))
      assert.equal(status, 403, host)
      assert.equal(json.code, 'address_blocked', host)
    }
    for (const url of ['ftp://example.org/', 'nonsense', 'http://user:secret@example.org/']) {
      assert.equal((await server.call(call(url))).json.code, 'invalid_field', url)
    }
    assert.deepEqual(runs, [])
  })

  it('to a name that leads to a private address is not made', async () => {
    await using receiver = await receive([])
    const api = createApi(tree, { callbacks: options({ guard: {} }) })
    await using server = await serve(api)
    const url = receiver.url.replace('127.0.0.1', 'localhost')
    assert.equal((await server.call(call(url))).status, 200)
    let [owed] = await api.callbacks('owed')
    for (let tries = 0; owed?.attempts !== 1 && tries < 100_000; tries++) {
      await new Promise((resolve) => setImmediate(resolve))
      owed = (await api.callbacks('owed'))[0] ?? owed
    }
    assert.match(owed?.lastError ?? '', /may not be reached/)
    assert.equal(receiver.count(), 0)
  })

  it('is not made where the caller got the answer while it waited', async () => {
    await using receiver = await receive([])
    const api = createApi(tree, { callbacks: options() })
    await using server = await serve(api)
    const { json } = await server.call(call(receiver.url), { prefer: 'wait=5' })
    assert.equal(json.data, 2)
    await api.drain()
    assert.equal(receiver.count(), 0)
    assert.deepEqual(await api.callbacks('owed'), [])
  })

  it('is refused by a server that makes none', async () => {
    await using server = await serve(createApi(tree))
    assert.equal((await server.call(call('http://example.org/'))).status, 501)
  })
})

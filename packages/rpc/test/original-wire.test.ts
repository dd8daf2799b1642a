import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { createApi } from '@posthouse/rpc'
import { WebSocket } from 'ws'
import { next, serve } from './serve.ts'

/** Procedures that answer as those did with which the frames were recorded. */
const procedures = () =>
  createApi({}).registerBatch({
    'user.get': ({ userId }: { userId: number }) => ({ id: userId, name: 'Test User' }),
    boom: () => {
      throw new Error('boom failed')
    },
    quiet: () => undefined,
  })

const call = (api: string, callback_func: string, data: object = {}) => ({
  api,
  data,
  callback_type: 'socket',
  callback_url: 'http://127.0.0.1:8000/api/callback',
  callback_func,
  request_id: 'e002a47b-264b-4f61-842a-3f50b88ca85e',
})

/** What the server of document 000 answers, byte for byte. */
const recorded = [
  {
    request: call('user.get', 'user.get', { userId: 7 }),
    response:
      '{"request_id":"e002a47b-264b-4f61-842a-3f50b88ca85e","api":"user.get","success":true,"data":{"id":7,"name":"Test User"},"message":"处理成功","callback_func":"user.get"}',
  },
  {
    request: call('boom', 'cb'),
    response:
      '{"request_id":"e002a47b-264b-4f61-842a-3f50b88ca85e","api":"boom","success":false,"error":"boom failed","callback_func":"cb"}',
  },
  {
    request: call('nope', 'cb'),
    response:
      '{"request_id":"e002a47b-264b-4f61-842a-3f50b88ca85e","api":"nope","success":false,"error":"未知的API: nope","callback_func":"cb"}',
  },
  {
    request: call('quiet', 'cb'),
    response:
      '{"request_id":"e002a47b-264b-4f61-842a-3f50b88ca85e","api":"quiet","success":true,"message":"处理成功","callback_func":"cb"}',
  },
]

/** A socket that speaks Engine.IO 4 and Socket.IO 5 by hand. */
async function speak(url: string): Promise<{ send(text: string): void; read(): Promise<string>; close(): void }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const waiting: string[] = []
  let wake: () => void = () => undefined
  socket.on('message', (data) => {
    waiting.push(String(data))
    wake()
  })
  await once(socket, 'open')
  const read = async (): Promise<string> => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return waiting.shift() ?? ''
  }
  return { send: (text) => socket.send(text), read, close: () => socket.close() }
}

describe('a program of document 000', () => {
  it('is greeted as by its own server', async () => {
    await using server = await serve(procedures())
    const socket = await speak(server.url)
    const { sid, ...settings } = JSON.parse((await socket.read()).slice(1))
    assert.equal(typeof sid, 'string')
    assert.partialDeepStrictEqual(settings, { upgrades: [], pingInterval: 5000, pingTimeout: 10000 })
    socket.send('40{}')
    assert.match(await socket.read(), /^40\{"sid":"[\w-]{20}"\}$/)
    socket.close()
  })

  it('is offered the way from polling to a WebSocket', async () => {
    await using server = await serve(procedures())
    const response = await fetch(`${server.url}/socket.io/?transport=polling&EIO=4`)
    assert.match(
      await response.text(),
      /^0\{"sid":"[\w-]{20}","upgrades":\["websocket"\],"pingInterval":5000,"pingTimeout":10000,"maxPayload":\d+\}$/,
    )
  })

  it('gets responses to its events byte for byte as they were recorded', async () => {
    await using server = await serve(procedures())
    const socket = await speak(server.url)
    await socket.read()
    socket.send('40')
    await socket.read()
    for (const { request, response } of recorded) {
      const { request_id: id, ...rest } = request
      const own = `${id.slice(0, -4)}${rest.api.padEnd(4, 'x').slice(0, 4)}`
      socket.send(`42${JSON.stringify(['api', { ...request, request_id: own }])}`)
      assert.equal(await socket.read(), `42["apiResponse",${response.replace(id, own)}]`)
    }
    socket.close()
  })

  it('gets each of many answers of one turn by itself, whatever is in it and however long it is', async () => {
    const lengths = [0, 1, 60, 61, 62, 63, 64, 65, 125, 126, 127, 65_535, 65_536, 200_000]
    for (const transports of [['websocket'], ['polling']]) {
      await using server = await serve(createApi({}).registerBatch({ echo: (data: unknown) => data }))
      const socket = await server.connect({ transports })
      for (const unit of ['a', 'é', '理', '😀']) {
        const texts = lengths.map((length) => unit.repeat(length))
        const calls = texts.map((data, n) =>
          socket.emitWithAck('api', { api: 'echo', data, request_id: `${unit}${n}` }),
        )
        const answers = await Promise.all(calls)
        assert.deepEqual(
          answers.map(({ request_id, data }) => [request_id, data]),
          texts.map((data, n) => [`${unit}${n}`, data]),
        )
      }
    }
  })

  it('gets bytes as bytes, and what was said before an answer before it', async () => {
    const bytes = Buffer.from([1, 2, 3])
    await using server = await serve(
      createApi({}).registerBatch({
        bytes: () => ({ list: [bytes] }),
        echo: (data: unknown) => data,
        many: async function* () {
          yield* ['one', bytes, 'three']
        },
      }),
    )
    const socket = await server.connect({ auth: { posthouse: 1 } })
    const heard: unknown[] = []
    socket.onAny((event, { n, item, data }) => heard.push([event, n, item ?? data]))
    socket.emit('api', { api: 'many', stream: true, request_id: 'r1' })
    while (heard.length < 4) await next(socket, heard.length === 3 ? 'apiResponse' : 'api:item')
    assert.deepEqual(heard, [
      ['api:item', 0, 'one'],
      ['api:item', 1, bytes],
      ['api:item', 2, 'three'],
      ['apiResponse', undefined, undefined],
    ])
    assert.deepEqual((await socket.emitWithAck('api', { api: 'bytes' })).data, { list: [bytes] })
    socket.emit('api', { api: 'bytes', request_id: 'r2' })
    assert.deepEqual((await next(socket, 'apiResponse')).data, { list: [bytes] })
    socket.emit('api', { api: 'echo', data: 1, callback_func: bytes, request_id: 'r3' })
    assert.deepEqual((await next(socket, 'apiResponse')).callback_func, bytes)
    const answered = await Promise.all([bytes, 'text'].map((data) => socket.emitWithAck('api', { api: 'echo', data })))
    assert.deepEqual(
      answered.map(({ data }) => data),
      [bytes, 'text'],
    )
  })

  it('leaves and comes back over one connection, and leaves nothing behind on it', async () => {
    const warnings: unknown[] = []
    const heard = (warning: Error): void => void warnings.push(warning)
    process.on('warning', heard)
    const api = procedures()
    await using server = await serve(api)
    const socket = await speak(server.url)
    await socket.read()
    for (let n = 0; n < 10; n++) {
      socket.send('40')
      assert.match(await socket.read(), /^40/)
      socket.send(`42${n}${JSON.stringify(['api', { api: 'user.get', data: { userId: n } }])}`)
      assert.match(await socket.read(), new RegExp(`^43${n}\\[.*"id":${n},`))
      socket.send('41')
      while (api.stats().sockets > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    process.off('warning', heard)
    assert.deepEqual(warnings, [])
    socket.close()
  })

  it('is not heard behind its own goodbye', async () => {
    const heard: unknown[] = []
    await using server = await serve(createApi({}).register('note', (data) => void heard.push(data)))
    const url = `${server.url}/socket.io/?transport=polling&EIO=4`
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1))
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body })
    const note = (data: string) => ({ api: 'note', request_id: data, data: { data } })
    await post('40')
    const event = (data: string) => `42${JSON.stringify(['api', note(data)])}`
    await post([event('before'), '41', event('behind')].join('\u001e'))
    await server.call(note('after'))
    assert.deepEqual(heard, [{ data: 'before' }, { data: 'after' }])
  })

  it('gets nothing that its own server would not send', async () => {
    await using server = await serve(
      createApi({}).register('slow', async (_: unknown, context) => {
        context.progress(0.5)
        return 1
      }),
    )
    const socket = await speak(server.url)
    await socket.read()
    socket.send('40')
    await socket.read()
    socket.send(`42${JSON.stringify(['api', call('slow', 'cb')])}`)
    assert.match(await socket.read(), /^42\["apiResponse",/)
    socket.send('42["unknown",1]')
    socket.send(`42${JSON.stringify(['api', { ...call('slow', 'cb'), request_id: 'again' }])}`)
    assert.match(await socket.read(), /"request_id":"again"/)
    socket.close()
  })

  it('is told that its call was received before it is carried out, when it posts it', async () => {
    await using server = await serve(
      createApi({}, { callbacks: { keys: [], guard: { allowPrivate: true } } }).registerBatch({
        never: () => new Promise(() => undefined),
      }),
    )
    const { status, text } = await server.call({ ...call('never', 'cb'), callback_type: 'http' })
    assert.equal(status, 200)
    assert.equal(text, '{"success":true,"message":"请求已接收","request_id":"e002a47b-264b-4f61-842a-3f50b88ca85e"}')
  })
})

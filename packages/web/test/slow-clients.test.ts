import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createApp, type RequestLimits, stream } from '@posthouse/web'
import { rawClient } from './raw-http.ts'

/** These limits are about real sockets and Node's own clock, so their times are real, and short. */
async function serve(limits: RequestLimits) {
  const app = createApp({ env: 'test', limits })
  app.get('/', () => 'hello')
  app.post('/json', { body: {} }, ({ body }) => body)
  app.post('/upload', { body: stream(), bodyLimit: 10_000_000 }, async ({ body }) => {
    let size = 0
    for await (const chunk of body) size += (chunk as Buffer).length
    return size
  })
  app.get('/large', () => Buffer.alloc(50_000_000))
  const { port } = await app.listen({ port: 0 })
  return { app, port }
}

describe('a slow client', { concurrency: true }, () => {
  it('has headersTimeout for its headers, and silence is no excuse', async () => {
    const { app, port } = await serve({ headersTimeout: 1000 })
    await using _app = app
    await using dripping = await rawClient(port)
    await using silent = await rawClient(port)
    dripping.write('GET / HTTP/1.1\r\nhost: x\r\n')
    const drip = setInterval(() => dripping.write('x-a: b\r\n'), 100)
    const [answer, nothing] = await Promise.all([dripping.end(), silent.end()])
    clearInterval(drip)
    assert.match(answer, /^HTTP\/1\.1 408 /)
    assert.match(nothing, /^(HTTP\/1\.1 408 .*)?/)
  })

  it('has bodyTimeout for a body, however it drips', async () => {
    const { app, port } = await serve({ bodyTimeout: 1000 })
    await using _app = app
    await using client = await rawClient(port)
    client.write('POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{')
    const drip = setInterval(() => client.write(' '), 100)
    const answer = await client.end()
    clearInterval(drip)
    assert.match(answer, /^HTTP\/1\.1 408 .*"code":"timeout"/s)
    assert.match(answer, /connection: close/i)
  })

  it('is cut below minBodyRate, also where a body has no deadline', async () => {
    const { app, port } = await serve({ minBodyRate: 1000 })
    await using _app = app
    await using client = await rawClient(port)
    client.write('POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n')
    const drip = setInterval(() => client.write('x'), 100)
    const answer = await client.end()
    clearInterval(drip)
    assert.match(answer, /^HTTP\/1\.1 408 .*less than 1000 bytes a second/s)
  })

  it('may upload steadily for longer than any deadline of a short body', async () => {
    const { app, port } = await serve({ bodyTimeout: 1000, headersTimeout: 1000, minBodyRate: 1000 })
    await using _app = app
    await using client = await rawClient(port)
    client.write('POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 70000\r\n\r\n')
    for (let sent = 0; sent < 70; sent++) {
      client.write('x'.repeat(1000))
      await pause(100)
    }
    assert.match(await client.until(/70000$/), /^HTTP\/1\.1 200 /)
  })

  it('that takes nothing of a response is cut after stallTimeout', async () => {
    const { app, port } = await serve({ stallTimeout: 1000 })
    await using _app = app
    await using client = await rawClient(port)
    client.socket.pause()
    client.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
    // Its end is only seen by reading, which begins when the server must have cut it.
    await pause(4000)
    client.socket.resume()
    const answer = await client.end()
    assert.ok(answer.length < 50_000_000, `${answer.length} bytes came`)
  })

  it('costs nobody else anything', async () => {
    const { app, port } = await serve({})
    await using _app = app
    await using stack = new AsyncDisposableStack()
    for (let n = 0; n < 200; n++) stack.use(await rawClient(port)).write('POST /json HTTP/1.1\r\nhost: x\r\ncontent-le')
    const response = await fetch(`http://127.0.0.1:${port}/`)
    assert.equal(await response.text(), '"hello"')
  })
})

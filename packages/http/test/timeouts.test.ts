import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { Lifeline } from '../src/timing/lifeline.ts'
import { defaultTimeouts } from '../src/timing/timeouts.ts'
import { Watch } from '../src/timing/watch.ts'
import { failure, quietClient, turns } from './quiet.ts'
import { answering, startRaw } from './raw-server.ts'
import { startServer } from './servers.ts'

describe('a request whose server is slow ends in the phase that is slow', () => {
  test('waiting for a free connection: pool_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startServer(() => undefined)
    await using client = quietClient({ clock, pool: { maxConnections: 1 } })
    const first = client.get(server.url)
    await once(server.server, 'request')
    const second = client.get(server.url)
    assert.equal(client.stats.queued, 1)
    clock.advance(4999)
    assert.equal(client.stats.queued, 1)
    clock.advance(1)
    const error = await failure(second, 'pool_timeout')
    assert.equal(error.thirdPartyStatus, 604)
    assert.equal(client.stats.queued, 0)
    await client.close()
    await failure(first, 'closed')
  })

  test('connecting, with TLS: connect_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startRaw(() => undefined)
    await using client = quietClient({ clock })
    const request = client.get(`https://127.0.0.1:${server.port}`)
    for (let left = 100; left > 0 && server.sockets.size === 0; left--) await turns()
    clock.advance(5000)
    await failure(request, 'connect_timeout')
    assert.equal(client.stats.connections, 0)
  })

  test('connecting longer than its client would, where a request may', async () => {
    const clock = new ManualClock()
    await using server = await startRaw((socket) => void socket.resume())
    await using client = quietClient({ clock, timeout: { connect: 10 } })
    const request = client.get(`https://127.0.0.1:${server.port}`, { timeout: { connect: 20_000 } })
    for (let left = 100; left > 0 && server.sockets.size === 0; left--) await turns()
    clock.advance(19_999)
    assert.equal(client.stats.running, 1)
    clock.advance(1)
    await failure(request, 'connect_timeout')
    for (let left = 100; left > 0 && server.sockets.size > 0; left--) await turns()
    assert.equal(server.sockets.size, 0)
  })

  test('sending: write_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startRaw((socket) => socket.pause())
    await using client = quietClient({ clock })
    let pulled = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled++
        yield new Uint8Array(64 * 1024)
      }
    }
    const request = client.put(`http://127.0.0.1:${server.port}`, { body: endless() })
    await stalled(() => pulled)
    clock.advance(30_000)
    await failure(request, 'write_timeout')
    assert.ok(pulled > 1)
  })

  test('sending a large body that is there as a whole: write_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startRaw((socket) => socket.pause())
    await using client = quietClient({ clock })
    let sent = 0
    const request = client.put(`http://127.0.0.1:${server.port}`, {
      body: new Uint8Array(64 * 1024 * 1024),
      onUploadProgress: ({ transferred }) => {
        sent = transferred
      },
    })
    await stalled(() => sent)
    assert.ok(sent < 64 * 1024 * 1024)
    clock.advance(30_000)
    await failure(request, 'write_timeout')
  })

  test('waiting for the answer: first_byte_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startServer(() => undefined)
    await using client = quietClient({ clock })
    const request = client.get(server.url)
    await once(server.server, 'request')
    await turns()
    clock.advance(29_999)
    await turns()
    assert.equal(client.stats.running, 1)
    clock.advance(1)
    await failure(request, 'first_byte_timeout')
    assert.equal(client.stats.connections, 0)
  })

  test('in the middle of the body: read_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('12345')
    })
    await using client = quietClient({ clock })
    const response = await client.stream('GET', server.url)
    const chunks = response[Symbol.asyncIterator]()
    const first = await chunks.next()
    assert.equal(String(first.value), '12345')
    const second = chunks.next()
    await turns()
    clock.advance(30_000)
    await failure(second, 'read_timeout')
  })

  test('one attempt as a whole: attempt_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startServer(() => undefined)
    await using client = quietClient({ clock, timeout: { attempt: 1000 } })
    const request = client.get(server.url)
    await once(server.server, 'request')
    clock.advance(1000)
    await failure(request, 'attempt_timeout')
  })

  test('all attempts together: total_timeout', async () => {
    const clock = new ManualClock()
    await using server = await startServer(() => undefined)
    const retry = { attempts: 10, baseMs: 100, jitter: 'none', budget: false } as const
    await using client = quietClient({ clock, retry, timeout: { firstByte: 1000, total: 1500 } })
    const request = client.get(server.url)
    await once(server.server, 'request')
    clock.advance(1000)
    await turns()
    clock.advance(100)
    await once(server.server, 'request')
    clock.advance(400)
    const error = await failure(request, 'total_timeout')
    assert.equal(error.attempt, 2)
    assert.equal(error.retryable, false)
  })
})

describe('deadlines', () => {
  test('of a phase begin anew with each piece', async () => {
    const clock = new ManualClock()
    await using server = await startServer((request, response) => {
      response.flushHeaders()
      server.server.on('piece', () => response.write('x'))
      server.server.on('last', () => response.end('y'))
      request.resume()
    })
    await using client = quietClient({ clock, timeout: { total: Number.POSITIVE_INFINITY } })
    const response = await client.stream('GET', server.url)
    const chunks = response[Symbol.asyncIterator]()
    for (let piece = 0; piece < 5; piece++) {
      const next = chunks.next()
      clock.advance(29_000)
      server.server.emit('piece')
      assert.equal((await next).done, false)
    }
    server.server.emit('last')
    assert.equal((await chunks.next()).done, false)
    assert.equal((await chunks.next()).done, true)
  })

  test('do not run while the reader makes the server wait', async () => {
    const clock = new ManualClock()
    await using server = await startServer((_, response) => response.end(new Uint8Array(8 * 1024 * 1024)))
    await using client = quietClient({ clock })
    const response = await client.stream('GET', server.url)
    for (let left = 100; left > 0 && (response.incoming?.received ?? 0) < 256 * 1024; left--) await turns()
    clock.advance(1_000_000)
    assert.equal((await response.bytes()).length, 8 * 1024 * 1024)
  })

  test('leave no timer behind', async () => {
    const clock = new ManualClock()
    await using server = await startServer((_, response) => response.end('done'))
    const client = quietClient({ clock })
    await client.get(server.url)
    // The pool's own, for connections that are idle.
    assert.equal(clock.pending, 1)
    await client.close()
    assert.equal(clock.pending, 0)
  })

  test('of the whole request end with the head of a stream', async () => {
    const clock = new ManualClock()
    await using server = await startRaw(answering('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n12'))
    await using client = quietClient({ clock, timeout: { total: 1000 } })
    const response = await client.stream('GET', `http://127.0.0.1:${server.port}`)
    clock.advance(2000)
    for (const socket of server.sockets) socket.write('34')
    assert.equal(await response.text(), '1234')
  })

  test('are refused where they cannot be', () => {
    for (const timeout of [{ read: 0 }, Number.NaN, { raed: 1 } as object]) {
      assert.throws(() => quietClient({ timeout }), { code: 'invalid_option', message: /timeout/ })
    }
  })
})

/** Waits until a number stands still. */
async function stalled(count: () => number): Promise<void> {
  for (let left = 200, before = -1; left > 0 && count() !== before; left--) {
    before = count()
    await turns(200)
  }
}

describe('deadlines that share a timer', () => {
  test('are each kept, in the order of their times', () => {
    const clock = new ManualClock()
    const watch = new Watch(clock)
    const ended: string[] = []
    const lifelines = new Map<string, Lifeline>()
    const begin = (name: string, total: number, onEnd?: () => void): void => {
      const lifeline = new Lifeline(watch, { ...defaultTimeouts, total })
      lifelines.set(name, lifeline)
      lifeline.beginAttempt()
      lifeline.onAbort(() => {
        ended.push(`${name} ${clock.elapsed()}`)
        onEnd?.()
      })
    }
    begin('quick', 1000)
    begin('late', 3000)
    begin('one', 2000, () => lifelines.get('other')?.close())
    begin('other', 2000, () => lifelines.get('one')?.close())
    assert.equal(clock.pending, 1)
    lifelines.get('quick')?.close()
    clock.advance(500)
    begin('between', 2000)
    clock.advance(10_000)
    assert.match(ended.join(), /^(one|other) 2000,between 2500,late 3000$/)
    begin('again', 1000)
    for (const lifeline of lifelines.values()) lifeline.close()
    assert.equal(clock.pending, 0)
  })
})

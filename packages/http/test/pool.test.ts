import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { memoryTransport } from '../src/testing.ts'
import { failure, quietClient, turns } from './quiet.ts'
import { startServer, type TestServer } from './servers.ts'

/** A server whose answers a test gives when it likes. */
async function startHolding(): Promise<TestServer & { readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = []
  const server = await startServer((_, response) => void held.push(response))
  return Object.assign(server, { held })
}

async function until(true_: () => boolean): Promise<void> {
  for (let left = 500; left > 0 && !true_(); left--) await turns(2)
  assert.ok(true_())
}

describe('a pool', () => {
  test('has no more connections than it may, and serves those that wait in turn', async () => {
    await using server = await startHolding()
    await using client = quietClient({ pool: { maxConnections: 2 } })
    const done: number[] = []
    const all = [1, 2, 3, 4].map(async (number) => {
      await client.get(server.url)
      done.push(number)
    })
    await until(() => server.held.length === 2)
    assert.deepEqual(
      { ...client.stats, leakedStreams: 0 },
      { connections: 2, idle: 0, running: 2, queued: 2, leakedStreams: 0 },
    )
    for (let answered = 0; answered < 4; answered++) {
      await until(() => server.held.length > answered)
      server.held[answered]?.end()
    }
    await Promise.all(all)
    assert.deepEqual(done, [1, 2, 3, 4])
    assert.equal(client.stats.connections, 2)
  })

  test('has no more for one origin than it may', async () => {
    await using one = await startHolding()
    await using other = await startHolding()
    await using client = quietClient({ pool: { maxPerOrigin: 1 } })
    const all = [client.get(one.url), client.get(one.url), client.get(other.url)]
    await until(() => one.held.length === 1 && other.held.length === 1)
    assert.equal(client.stats.queued, 1)
    one.held[0]?.end()
    await until(() => one.held.length === 2)
    one.held[1]?.end()
    other.held[0]?.end()
    await Promise.all(all)
  })

  test('closes an idle connection where another server needs its place', async () => {
    await using one = await startServer((_, response) => response.end())
    await using other = await startServer((_, response) => response.end())
    await using client = quietClient({ pool: { maxConnections: 1 } })
    const closed = once(one.server, 'connection').then(([socket]) => once(socket, 'close'))
    await client.get(one.url)
    await client.get(other.url)
    await closed
    assert.equal(client.stats.connections, 1)
  })

  test('keeps no more idle connections than it may, but for a moment', async () => {
    const clock = new ManualClock()
    await using server = await startHolding()
    await using client = quietClient({ pool: { maxIdle: 2 }, clock })
    const opened = new Set<unknown>()
    server.server.on('connection', (socket) => opened.add(socket))
    for (let wave = 0; wave < 3; wave++) {
      const all = Array.from({ length: 5 }, () => client.get(server.url))
      await until(() => server.held.length === 5)
      for (const response of server.held.splice(0)) response.end()
      await Promise.all(all)
      assert.equal(client.stats.idle, 5)
      clock.advance(100)
    }
    assert.equal(opened.size, 5)
    clock.advance(101)
    assert.equal(client.stats.idle, 2)
    assert.equal(client.stats.connections, 2)
    clock.advance(5000)
    assert.equal(client.stats.connections, 0)
  })

  test('keeps none where none may be idle', async () => {
    await using server = await startServer((_, response) => response.end())
    await using client = quietClient({ pool: { maxIdle: 0 } })
    await client.get(server.url)
    assert.equal(client.stats.connections, 0)
  })

  test('closes a connection that was idle for too long', async () => {
    const clock = new ManualClock()
    await using server = await startServer((_, response) => response.end())
    await using client = quietClient({ clock })
    await client.get(server.url)
    clock.advance(4999)
    assert.equal(client.stats.idle, 1)
    clock.advance(2)
    assert.equal(client.stats.connections, 0)
  })

  test('uses a connection again, the one that was used last', async () => {
    const ports = new Set<number | undefined>()
    await using server = await startServer((request, response) => {
      ports.add(request.socket.remotePort)
      response.end()
    })
    await using client = quietClient()
    for (let left = 20; left > 0; left--) await client.get(server.url)
    assert.equal(ports.size, 1)
  })

  test('refuses what is more than may wait', async () => {
    await using server = await startHolding()
    await using client = quietClient({ pool: { maxConnections: 1, maxQueue: 1 } })
    const first = client.get(server.url)
    const second = client.get(server.url)
    await failure(client.get(server.url), 'pool_full')
    await until(() => server.held.length === 1)
    server.held[0]?.end()
    await until(() => server.held.length === 2)
    server.held[1]?.end()
    await Promise.all([first, second])
  })

  test('connects anew where the server closes what was idle', async () => {
    await using server = await startServer((_, response) => {
      response.setHeader('connection', 'close')
      response.end()
    })
    await using client = quietClient()
    for (let left = 10; left > 0; left--) assert.equal((await client.get(server.url)).status, 200)
  })

  test('is refused limits that cannot be', () => {
    for (const pool of [{ maxConnections: 0 }, { maxIdle: -1 }, { maxQueue: Number.NaN }]) {
      assert.throws(() => quietClient({ pool }), { code: 'invalid_option' })
    }
  })
})

describe('a client', () => {
  test('that drains finishes what is under way and takes nothing new', async () => {
    await using server = await startHolding()
    const client = quietClient()
    const request = client.get(server.url)
    await until(() => server.held.length === 1)
    const drained = client.drain()
    await failure(client.get(server.url), 'closed')
    server.held[0]?.end('done')
    assert.equal(await (await request).text(), 'done')
    await drained
    assert.equal(client.stats.connections, 0)
  })

  test('that drains finishes those too that wait for a connection, unless it is closed meanwhile', async () => {
    await using server = await startHolding()
    const client = quietClient({ pool: { maxConnections: 1 } })
    const [first, second, third] = [client.get(server.url), client.get(server.url), client.get(server.url)]
    await until(() => server.held.length === 1)
    const drained = client.drain()
    server.held[0]?.end('one')
    assert.equal(await (await first).text(), 'one')
    await until(() => server.held.length === 2)
    server.held[1]?.end('two')
    assert.equal(await (await second).text(), 'two')
    await until(() => server.held.length === 3)
    const ended = failure(third, 'closed')
    await client.close()
    await Promise.all([ended, drained])
    assert.deepEqual(client.stats, { connections: 0, idle: 0, running: 0, queued: 0, leakedStreams: 0 })
  })

  test('that drains lets what is under way be redirected and tried again, over connections of an extended one too', async () => {
    await using server = await startHolding()
    const client = quietClient({ retry: { attempts: 2, baseMs: 1 } })
    const child = client.extend({ headers: { a: '1' } })
    const requests = [client.get(server.url), child.get(server.url)]
    await until(() => server.held.length === 2)
    const drained = client.drain()
    await failure(child.get(server.url), 'closed')
    for (const held of server.held) held.writeHead(302, { location: '/there' }).end()
    await until(() => server.held.length === 4)
    for (const held of server.held.slice(2)) held.writeHead(503).end()
    await until(() => server.held.length === 6)
    for (const held of server.held.slice(4)) held.end('there')
    for (const request of requests) assert.equal(await (await request).text(), 'there')
    await drained
    assert.equal(client.stats.connections, 0)
  })

  test('that drains while a request waits for its next attempt is done at once when it is closed', async () => {
    await using server = await startServer((_, response) => void response.writeHead(503).end())
    const clock = new ManualClock()
    const retried = Promise.withResolvers<void>()
    const interceptors = [{ onRetry: () => retried.resolve() }]
    const client = quietClient({ clock, retry: { attempts: 2, jitter: 'none' }, interceptors })
    const request = failure(client.get(server.url), 'closed')
    await retried.promise
    const drained = client.drain()
    await client.close()
    await drained
    clock.advance(300)
    await request
  })

  test('that drains or is closed takes nothing new over a transport of the caller either', async () => {
    const answer = Promise.withResolvers<{ readonly text: string }>()
    const client = quietClient({ transport: memoryTransport(() => answer.promise) })
    const request = client.get('http://a/')
    const drained = client.drain()
    await failure(client.get('http://a/'), 'closed')
    answer.resolve({ text: 'done' })
    assert.equal(await (await request).text(), 'done')
    await drained
    const other = quietClient({ transport: memoryTransport(() => ({})) })
    await other.close()
    await failure(other.get('http://a/'), 'closed')
  })

  test('that is closed twice is closed', async () => {
    await using server = await startServer((_, response) => response.end())
    const client = quietClient()
    await client.get(server.url)
    await client.close()
    await client.close()
    await failure(client.get(server.url), 'closed')
  })

  test('that extends another shares its connections, unless it wants others', async () => {
    await using server = await startServer((_, response) => response.end())
    await using client = quietClient({ headers: { a: '1' } })
    await using child = client.extend({ headers: { b: '2' } })
    await child.get(server.url)
    assert.equal(client.stats.connections, 1)
    await using apart = client.extend({ pool: { maxConnections: 5 } })
    await apart.get(server.url)
    assert.equal(client.stats.connections, 1)
    assert.equal(apart.stats.connections, 1)
  })
})

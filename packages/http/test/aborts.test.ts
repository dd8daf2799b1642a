import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { type HttpClient, isHttpError } from '../src/index.ts'
import { failure, quietClient, turns } from './quiet.ts'
import { startServer } from './servers.ts'

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('a caller that gives up', () => {
  test('before the request is made sends nothing', async () => {
    let requests = 0
    await using server = await startServer((_, response) => {
      requests++
      response.end()
    })
    await using client = quietClient()
    const reason = new Error('changed my mind')
    const error = await failure(client.get(server.url, { signal: AbortSignal.abort(reason) }), 'aborted')
    assert.equal(error.cause, reason)
    assert.equal(requests, 0)
  })

  test('while it waits for the answer closes its connection', async () => {
    await using server = await startServer(() => undefined)
    await using client = quietClient()
    const caller = new AbortController()
    const request = client.get(server.url, { signal: caller.signal })
    const [incoming] = await once(server.server, 'request')
    caller.abort()
    await failure(request, 'aborted')
    await once(incoming.socket, 'close')
    assert.equal(client.stats.connections, 0)
  })

  test('while it reads closes its connection', async () => {
    await using server = await startServer((_, response) => void response.write('begin'))
    await using client = quietClient()
    const caller = new AbortController()
    const response = await client.stream('GET', server.url, { signal: caller.signal })
    const read = response.text()
    caller.abort()
    await failure(read, 'aborted')
    assert.equal(client.stats.connections, 0)
  })

  test('leaves nothing on its signal when the request has ended', async () => {
    await using server = await startServer((_, response) => response.end())
    await using client = quietClient()
    const caller = new AbortController()
    let listeners = 0
    const { signal } = caller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    await client.get(server.url, { signal })
    await (await client.stream('GET', server.url, { signal })).text()
    assert.equal(listeners, 0)
  })

  test('10,000 times at any moment leaves no socket open', async () => {
    const random = dice(4711)
    const sockets = new Set<Socket>()
    await using server = await startServer((request, response) => {
      request.resume()
      const roll = random()
      if (roll < 0.3) response.end('quick')
      else if (roll < 0.6) response.writeHead(200, { 'content-length': '100000' }).write('a'.repeat(1000))
      else if (roll < 0.8) setImmediate(() => response.end('b'.repeat(300_000)))
    })
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    // On a busy machine a connection or its turn may take longer than a caller would wait by default.
    const patience = 120_000
    const timeout = { connect: patience, pool: patience, firstByte: patience, read: patience, write: patience }
    const client = quietClient({ pool: { maxConnections: 50 }, timeout: { ...timeout, total: patience } })
    const ends = new Map<string, number>()
    let left = 10_000
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const end = await givenUp(client, server.url, random)
        ends.set(end, (ends.get(end) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 100 }, worker))
    assert.deepEqual([...ends.keys()].sort(), ['aborted', 'answered'])
    assert.ok((ends.get('answered') ?? 0) > 100, JSON.stringify([...ends]))
    assert.equal(client.stats.running, 0)
    assert.equal(client.stats.queued, 0)
    await client.close()
    // A socket that stays open lets the test run into its time limit.
    await Promise.all([...sockets].map((socket) => once(socket, 'close')))
  })
})

describe('a stream that nobody reads', () => {
  test('holds no connection where it is short', async () => {
    await using server = await startServer((_, response) => response.end('short'))
    await using client = quietClient({ pool: { maxConnections: 1 } })
    for (let left = 10; left > 0; left--) await client.stream('GET', server.url)
    await turns()
    assert.equal(client.stats.running, 0)
  })

  test('lets go of its connection where it is discarded', async () => {
    await using server = await startServer((_, response) => response.end(Buffer.alloc(4_000_000)))
    await using client = quietClient({ pool: { maxConnections: 1 } })
    for (let left = 3; left > 0; left--) (await client.stream('GET', server.url)).discard()
    assert.equal(client.stats.running, 0)
  })

  test('lets go of its connection where its reader leaves early', async () => {
    await using server = await startServer((_, response) => response.end(Buffer.alloc(4_000_000)))
    await using client = quietClient({ pool: { maxConnections: 1 } })
    for (let left = 3; left > 0; left--) {
      for await (const _ of await client.stream('GET', server.url)) break
    }
    assert.equal(client.stats.running, 0)
  })

  test('is closed and counted when nobody can read it any more', async () => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await using server = await startServer((_, response) => response.end(Buffer.alloc(4_000_000)))
    await using client = quietClient()
    await (async () => {
      await client.stream('GET', server.url)
    })()
    assert.equal(client.stats.running, 1)
    for (let left = 100; left > 0 && client.stats.leakedStreams === 0; left--) {
      await turns(5)
      collect()
    }
    assert.equal(client.stats.leakedStreams, 1)
    assert.equal(client.stats.running, 0)
  })
})

/** Sends a request, gives it up after some turns of the event loop, and says how it ended. */
async function givenUp(client: HttpClient, url: string, random: () => number): Promise<string> {
  const caller = new AbortController()
  const method = random() < 0.2 ? 'POST' : 'GET'
  const options = { signal: caller.signal, ...(method === 'POST' && { body: ['piece', 'piece'] }) }
  const request = random() < 0.5 ? client.stream(method, url, options) : client.request(method, url, options)
  const read = request.then((response) => response.bytes())
  let ended = false
  const end = (): void => {
    ended = true
  }
  read.then(end, end)
  const moments = Math.floor(random() * (random() < 0.8 ? 4 : 150))
  for (let moment = 0; moment < moments && !ended; moment++) await turns(1)
  caller.abort()
  const [outcome] = await Promise.allSettled([read])
  return outcome.status === 'fulfilled' ? 'answered' : codeOf(outcome.reason)
}

function codeOf(error: unknown): string {
  return isHttpError(error) ? error.code : String(error)
}

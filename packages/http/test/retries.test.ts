import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { RetryBudget } from '@posthouse/core/policy'
import { type HttpClientOptions, HttpHeaders, type HttpResponse, IncomingBody, type Transport } from '../src/index.ts'
import { retryHint } from '../src/retry/retry-hint.ts'
import { failure, quietClient, turns } from './quiet.ts'
import { startRaw } from './raw-server.ts'
import { startServer } from './servers.ts'

interface Step {
  readonly status: number
  readonly headers?: Record<string, string>
}

/** Answers with each step in turn, and then with the last. */
function script(...steps: readonly Step[]): { readonly transport: Transport; readonly calls: () => number } {
  let calls = 0
  const transport: Transport = async () => {
    const { status, headers = {} } = steps[Math.min(calls++, steps.length - 1)] ?? { status: 200 }
    return { status, statusText: '', headers: new HttpHeaders(headers), body: IncomingBody.of(Buffer.from('text')) }
  }
  return { transport, calls: () => calls }
}

const quick: HttpClientOptions = { retry: { baseMs: 0, capMs: 0 } }

describe('a request is tried again', () => {
  test('after a status that may pass, as often as its client says', async () => {
    const { transport, calls } = script({ status: 503 }, { status: 429 }, { status: 200 })
    const response = await quietClient({ ...quick, transport }).get('http://h/')
    assert.equal(response.status, 200)
    assert.equal(response.attempts, 3)
    assert.equal(calls(), 3)
  })

  test('three times by default, and then the last response is given', async () => {
    const { transport, calls } = script({ status: 503 })
    const response = await quietClient({ ...quick, transport }).get('http://h/')
    assert.equal(response.status, 503)
    assert.equal(calls(), 4)
  })

  test('not after other statuses', async () => {
    for (const status of [400, 401, 403, 404, 409, 501, 505]) {
      const { transport, calls } = script({ status })
      await quietClient({ ...quick, transport }).get('http://h/')
      assert.equal(calls(), 1, String(status))
    }
  })

  test('not where repeating might do harm', async () => {
    for (const method of ['POST', 'PATCH']) {
      const { transport, calls } = script({ status: 503 })
      await quietClient({ ...quick, transport }).request(method, 'http://h/')
      assert.equal(calls(), 1)
    }
  })

  test('where an idempotency key makes it harmless, which is the same each time', async () => {
    const keys: (string | undefined)[] = []
    const { transport } = script({ status: 503 }, { status: 200 })
    const client = quietClient({
      ...quick,
      transport: (hop) => {
        keys.push(hop.headers.get('idempotency-key'))
        return transport(hop)
      },
    })
    await client.post('http://h/', { json: {}, idempotencyKey: 'order-1' })
    assert.deepEqual(keys, ['order-1', 'order-1'])
    await client.post('http://h/', { idempotencyKey: true })
    assert.match(keys[2] ?? '', /^[0-9a-f-]{36}$/)
    await client.extend({ idempotencyKeys: true }).patch('http://h/')
    assert.match(keys[3] ?? '', /^[0-9a-f-]{36}$/)
    await client.extend({ idempotencyKeys: true }).get('http://h/')
    assert.equal(keys[4], undefined)
  })

  test('where the client says so for any method', async () => {
    const { transport, calls } = script({ status: 503 }, { status: 200 })
    await quietClient({ transport, retry: { baseMs: 0, methods: 'any' } }).post('http://h/')
    assert.equal(calls(), 2)
  })

  test('whatever its method where nothing was sent', async () => {
    const server = await startServer((_, response) => response.end('ok'))
    const { port } = server
    await server[Symbol.asyncDispose]()
    await using client = quietClient({ retry: { attempts: 2, baseMs: 0 } })
    const error = await failure(client.post(`http://127.0.0.1:${port}`, { body: ['once'] }), 'connect_failed')
    assert.equal(error.attempt, 2)
  })

  test('not with a body that can be sent only once', async () => {
    await using server = await startServer((request, response) => {
      request.resume()
      response.writeHead(503).end()
    })
    await using client = quietClient(quick)
    assert.equal((await client.put(server.url, { body: ['once'] })).attempts, 1)
    assert.equal((await client.put(server.url, { body: () => ['again'] })).attempts, 4)
  })

  test('where its body was cut, since it was not given to the caller yet', async () => {
    let count = 0
    await using server = await startRaw((socket) => {
      socket.on('data', () => {
        const body = count++ === 0 ? '123' : '1234567890'
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${body}`)
      })
    })
    await using client = quietClient(quick)
    const response = await client.get(`http://127.0.0.1:${server.port}`)
    assert.equal(await response.text(), '1234567890')
    assert.equal(response.attempts, 2)
  })
})

describe('who decides about a retry', () => {
  test('is a predicate of the result, which also sees an absent one', async () => {
    const seen: (number | undefined)[] = []
    let calls = 0
    const transport: Transport = async (hop) => {
      if (calls++ === 0) throw new Error('no network')
      return script({ status: calls === 2 ? 404 : 200 }).transport(hop)
    }
    const retryByResult = (response: HttpResponse | undefined): boolean => {
      seen.push(response?.status)
      return response === undefined || response.status === 404
    }
    const response = await quietClient({ transport, retry: { attempts: 5, baseMs: 0, retryByResult } }).get('http://h/')
    assert.deepEqual(seen, [undefined, 404, 200])
    assert.equal(response.attempts, 3)
  })

  test('are codes of errors, or a predicate', async () => {
    for (const retryByError of [['internal'] as const, ({ code }: { code: string }) => code === 'internal']) {
      let calls = 0
      const transport: Transport = async () => {
        calls++
        throw new Error('odd')
      }
      const client = quietClient({ transport, retry: { attempts: 3, baseMs: 0, retryByError } })
      await failure(client.get('http://h/'), 'internal')
      assert.equal(calls, 3)
    }
  })

  test('is the request before its client', async () => {
    const { transport, calls } = script({ status: 503 })
    const client = quietClient({ ...quick, transport })
    await client.get('http://h/', { retry: false })
    assert.equal(calls(), 1)
    await client.get('http://h/', { retry: 1 })
    assert.equal(calls(), 3)
    await client.get('http://h/', { retry: { statuses: [500] } })
    assert.equal(calls(), 4)
  })

  test('is never a retry after the caller has given up', async () => {
    const clock = new ManualClock()
    const { transport, calls } = script({ status: 503 })
    const caller = new AbortController()
    const client = quietClient({ transport, clock, retry: { baseMs: 1000, jitter: 'none' } })
    const request = client.get('http://h/', { signal: caller.signal })
    await turns()
    caller.abort()
    await failure(request, 'aborted')
    clock.advance(60_000)
    assert.equal(calls(), 1)
    assert.equal(clock.pending, 0)
  })
})

describe('how long is waited', () => {
  async function waits(options: HttpClientOptions, steps: readonly Step[]): Promise<number[]> {
    const clock = new ManualClock()
    const found: number[] = []
    const client = quietClient({
      clock,
      transport: script(...steps).transport,
      timeout: { total: Number.POSITIVE_INFINITY },
      interceptors: [{ onRetry: ({ delayMs }) => void found.push(delayMs) }],
      ...options,
    })
    const request = client.get('http://h/')
    for (let left = 20; left > 0; left--) {
      await turns(5)
      clock.advance(10_000)
    }
    await request
    return found
  }

  test('is 300, 600 and 1,200 ms at most, as in document 003', async () => {
    assert.deepEqual(await waits({ retry: { jitter: 'none' } }, [{ status: 503 }]), [300, 600, 1200])
    const jittered = await waits({ retry: {} }, [{ status: 503 }])
    assert.ok(jittered.every((ms, index) => ms >= 0 && ms <= 300 * 2 ** index))
  })

  test('is 2 and 4 s with the preset of document 004', async () => {
    const { fastkit } = await import('../src/index.ts')
    assert.deepEqual(await waits({ retry: fastkit.retry }, [{ status: 503 }]), [2000, 4000])
  })

  test('grows as its multiplier says, up to its cap, and is spread by its jitter', async () => {
    const steps = [{ status: 503 }]
    const shape = { attempts: 5, baseMs: 100, multiplier: 3, capMs: 2000 } as const
    assert.deepEqual(await waits({ retry: { ...shape, jitter: 'none' } }, steps), [100, 300, 900, 2000])
    const equal = await waits({ retry: { ...shape, jitter: 'equal' } }, steps)
    assert.ok(equal.every((ms, index) => ms >= ([50, 150, 450, 1000][index] ?? 0) && ms <= 2000))
    const decorrelated = await waits({ retry: { ...shape, jitter: 'decorrelated' } }, steps)
    assert.ok(decorrelated.every((ms, index) => ms >= 100 && ms <= 3 * (decorrelated[index - 1] ?? 100)))
  })

  test('is what a function says, and no attempt begins after the time that there is for all', async () => {
    const backoff = (attempt: number): number => attempt * 1000
    const steps = [{ status: 503 }]
    assert.deepEqual(await waits({ retry: { attempts: 4, backoff } }, steps), [1000, 2000, 3000])
    // One wait may take longer here, because the clock of the test goes in steps of ten seconds.
    assert.deepEqual(await waits({ retry: { attempts: 4, backoff, totalMs: 11_000 } }, steps), [1000])
  })

  test('is what the server asks for, if that is longer', async () => {
    const steps = [{ status: 503, headers: { 'retry-after': '7' } }, { status: 200 }]
    assert.deepEqual(await waits({ retry: { jitter: 'none' } }, steps), [7000])
  })

  test('is nothing where the server asks for more than is allowed: its answer is given at once', async () => {
    const steps = [{ status: 503, headers: { 'retry-after': '61' } }]
    assert.deepEqual(await waits({ retry: {} }, steps), [])
    assert.deepEqual(await waits({ retry: { maxRetryAfterMs: 61_000, attempts: 2 } }, steps), [61_000])
  })

  test('is never beyond the deadline of the request', async () => {
    const options = { retry: { baseMs: 1000, jitter: 'none' }, timeout: { total: 900 } } as const
    assert.deepEqual(await waits(options, [{ status: 503 }]), [])
  })
})

describe('a server asks to wait', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const hints: readonly (readonly [headers: Record<string, string>, ms: number | undefined, status?: number])[] = [
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ ratelimit: '"default";r=0;t=30' }, 30_000],
    [{ ratelimit: '"a";r=5;t=10, "b";r=0;t=20' }, 20_000],
    [{ ratelimit: '"a";r=5;t=10' }, undefined],
    [{ 'ratelimit-reset': '4' }, 4000],
    [{ 'x-ratelimit-reset': String(now / 1000 + 9) }, 9000],
    [{ 'x-ratelimit-reset': '9' }, undefined, 500],
    [{}, undefined],
  ]
  for (const [headers, ms, status = 429] of hints) {
    test(`with ${JSON.stringify(headers)} and ${status}: ${ms} ms`, () => {
      assert.equal(retryHint(status, new HttpHeaders(headers), now), ms)
    })
  }
})

describe('1,000 clients and a server that is down for a minute', () => {
  async function storm(budget: RetryBudget | false, clock: ManualClock): Promise<number> {
    let arrived = 0
    let asked = 0
    const transport: Transport = async (hop) => {
      arrived++
      return script({ status: clock.elapsed() < 60_000 ? 503 : 200 }).transport(hop)
    }
    const clients = Array.from({ length: 1000 }, () =>
      quietClient({ transport, clock, metrics: false, retry: { budget } }),
    )
    const open = new Set<Promise<unknown>>()
    for (let second = 0; second < 60; second += 12) {
      for (const client of clients) {
        asked++
        const request = client.get('http://h/').finally(() => open.delete(request))
        open.add(request)
      }
      for (let step = 0; step < 12; step++) {
        await turns(3)
        clock.advance(1000)
      }
    }
    for (let left = 100; left > 0 && open.size > 0; left--) {
      await turns(3)
      clock.advance(1000)
    }
    assert.equal(open.size, 0)
    return arrived / asked
  }

  test('add no more than a fifth to the load with a shared budget', async () => {
    const clock = new ManualClock()
    const amplification = await storm(new RetryBudget({ clock }), clock)
    assert.ok(amplification <= 1.2, String(amplification))
    assert.ok(amplification > 1.1, String(amplification))
  })

  test('quadruple it without', async () => {
    const amplification = await storm(false, new ManualClock())
    assert.ok(amplification > 3.8, String(amplification))
  })
})

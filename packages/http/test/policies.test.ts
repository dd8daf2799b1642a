import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { bulkhead, circuitBreaker } from '@posthouse/core/policy'
import { HttpHeaders, type HttpResponse, IncomingBody, type Transport } from '../src/index.ts'
import { failure, quietClient, turns } from './quiet.ts'
import { startServer } from './servers.ts'

const giving =
  (status: number, headers: Record<string, string> = {}): Transport =>
  async () => ({ status, statusText: '', headers: new HttpHeaders(headers), body: IncomingBody.of(new Uint8Array()) })

describe('a rate limit', () => {
  test('lets as many through as it says, and makes the others wait instead of hanging', async () => {
    const clock = new ManualClock()
    const client = quietClient({ clock, transport: giving(200), rateLimit: { requests: 10 } })
    clock.advance(60_000)
    const at: number[] = []
    const all = Array.from({ length: 25 }, () => client.get('http://h/').then(() => at.push(clock.elapsed() - 60_000)))
    // A token bucket would let more than ten through in the second after a rest.
    for (let i = 0; i < 21; i++, clock.advance(100)) await turns()
    await Promise.all(all)
    assert.deepEqual(at, [...Array(10).fill(0), ...Array(10).fill(1000), ...Array(5).fill(2000)])
  })

  test('is for each origin where that is wanted', async () => {
    const clock = new ManualClock()
    const rateLimit = { requests: 1, perMs: 60_000, per: 'origin' } as const
    const client = quietClient({ clock, transport: giving(200), rateLimit })
    await Promise.all([client.get('http://a/'), client.get('http://b/')])
  })

  test('pauses as the server asks for', async () => {
    const clock = new ManualClock()
    const client = quietClient({ clock, transport: giving(429, { 'retry-after': '5' }), rateLimit: { requests: 10 } })
    await client.get('http://h/')
    let done = false
    const next = client.get('http://h/').then(() => {
      done = true
    })
    await turns()
    clock.advance(4900)
    await turns()
    assert.equal(done, false)
    clock.advance(1000)
    await next
  })

  test('makes nobody wait beyond the deadline or the patience of the caller', async () => {
    const clock = new ManualClock()
    const client = quietClient({ clock, transport: giving(200), rateLimit: { requests: 1, perMs: 30_000 } })
    await client.get('http://h/')
    await failure(client.get('http://h/', { timeout: { total: 1000 } }), 'rate_limited')
    const caller = new AbortController()
    const waiting = client.get('http://h/', { signal: caller.signal })
    await turns()
    caller.abort()
    await failure(waiting, 'aborted')
  })
})

describe('policies around attempts', () => {
  test('break the circuit to a server that fails', async () => {
    let calls = 0
    const transport: Transport = async (hop) => {
      calls++
      return giving(503)(hop)
    }
    const breaker = circuitBreaker<HttpResponse>({ consecutive: 3, byResult: ({ status }) => status === 503 })
    const client = quietClient({ transport, policies: [breaker], retry: { attempts: 2, baseMs: 0 } })
    await client.get('http://h/')
    await client.get('http://h/').catch(() => undefined)
    const before = calls
    const error = await failure(client.get('http://h/'), 'circuit_open')
    assert.equal(error.thirdPartyStatus, 603)
    assert.equal(error.attempt, 0)
    assert.equal(calls, before)
  })

  test('ask a second time where the first answer is late, and give up the slower one', async () => {
    let count = 0
    await using server = await startServer((_, response) => {
      if (count++ > 0) response.end('second')
    })
    await using client = quietClient({ hedge: { delayMs: 20 } })
    const response = await client.get(server.url)
    assert.equal(await response.text(), 'second')
    await turns()
    assert.equal(client.stats.running, 0)
  })

  test('ask as many more as they may', async () => {
    let count = 0
    await using server = await startServer((_, response) => {
      if (++count === 3) response.end('third')
    })
    await using client = quietClient({ hedge: { delayMs: 20, extra: 2 } })
    assert.equal(await (await client.get(server.url)).text(), 'third')
  })

  test('let only so many attempts run at once, and refuse others', async () => {
    const answer = Promise.withResolvers<void>()
    const transport: Transport = async (hop) => {
      await answer.promise
      return giving(200)(hop)
    }
    const client = quietClient({ transport, policies: [bulkhead({ limit: 2, queue: 0 })] })
    const running = [client.get('http://h/'), client.get('http://h/')]
    await turns()
    await failure(client.get('http://h/'), 'bulkhead_full')
    answer.resolve()
    for (const response of await Promise.all(running)) assert.equal(response.status, 200)
  })

  test('leave a stream to its caller, who can still give it up', async () => {
    await using server = await startServer((_, response) => void response.write('begin'))
    await using client = quietClient({ hedge: { delayMs: 10_000 } })
    const caller = new AbortController()
    const response = await client.stream('GET', server.url, { signal: caller.signal })
    const read = response.text()
    caller.abort()
    await failure(read, 'aborted')
    assert.equal(client.stats.connections, 0)
  })
})

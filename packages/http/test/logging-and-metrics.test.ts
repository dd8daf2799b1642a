import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Logger } from '@posthouse/core'
import {
  createHttpClient,
  type HttpClientOptions,
  HttpHeaders,
  IncomingBody,
  logging,
  metrics,
  type Transport,
} from '../src/index.ts'
import { failure, quietClient } from './quiet.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

function collecting(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = []
  const write = (level: string) => (message: string, fields?: object) =>
    void lines.push({ level, message, fields: { ...fields } })
  return { lines, logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') } }
}

const answers =
  (...statuses: number[]): Transport =>
  async () => {
    const status = statuses.length > 1 ? (statuses.shift() ?? 200) : (statuses[0] ?? 200)
    if (status === 0) throw new Error('no network')
    const headers = new HttpHeaders({ 'content-type': 'application/json', 'set-cookie': 'sid=hush' })
    return { status, statusText: '', headers, body: IncomingBody.of(Buffer.from('{"password":"hush","a":1}')) }
  }

describe('logging', () => {
  async function levelsAt(level: string, statuses: number[]): Promise<string[]> {
    const { logger, lines } = collecting()
    const options = { transport: answers(...statuses), logging: { level, logger }, retry: { attempts: 2, baseMs: 0 } }
    // The level is one of those that the type names.
    await createHttpClient(options as HttpClientOptions)
      .get('http://h/')
      .catch(() => undefined)
    return lines.map((line) => line.level)
  }

  test('says at info how a request has ended', async () => {
    assert.deepEqual(await levelsAt('INFO', [200]), ['info'])
  })

  test('says at debug that it begins, and what is sent and received, too', async () => {
    assert.deepEqual(await levelsAt('debug', [200]), ['debug', 'debug', 'debug', 'info'])
  })

  test('says at warning only what is tried again or answered with an error', async () => {
    assert.deepEqual(await levelsAt('WARNING', [503, 404]), ['warn', 'warn'])
    assert.deepEqual(await levelsAt('warn', [200]), [])
  })

  test('says at error only what got no answer', async () => {
    assert.deepEqual(await levelsAt('ERROR', [0]), ['error'])
    assert.deepEqual(await levelsAt('ERROR', [404]), [])
  })

  test('says nothing at critical, and knows no other level', async () => {
    assert.deepEqual(await levelsAt('CRITICAL', [0]), [])
    assert.throws(() => createHttpClient({ logging: { level: 'loud' as 'info' } }), { code: 'invalid_option' })
  })

  test('tells method, URL, status, time, attempts and id', async () => {
    const { logger, lines } = collecting()
    const client = quietClient({ transport: answers(200), logging: true, logger })
    await client.get('http://h/users', { headers: { 'X-Request-ID': 'abc' } })
    const [line] = lines
    assert.ok(line !== undefined)
    const { message, fields } = line
    assert.match(message, /^GET http:\/\/h\/users was answered with 200 in \d+ ms$/)
    assert.equal(fields.requestId, 'abc')
    assert.equal(fields.status, 200)
    assert.equal(fields.attempts, 1)
  })

  test('shows no secret and cuts what is long', async () => {
    const { logger, lines } = collecting()
    const client = quietClient({
      transport: answers(200),
      logging: { level: 'debug', logger, maxParamsChars: 30, maxHeadersChars: 40, maxBodyChars: 10 },
      secrets: ['x-mine'],
    })
    await client.post(`http://user:hush@h/?access_token=hush&q=${'a'.repeat(100)}`, {
      json: { password: 'hush', text: 'b'.repeat(100) },
      headers: { authorization: 'hush', 'x-mine': 'hush' },
    })
    const text = JSON.stringify(lines)
    assert.ok(!text.includes('hush'))
    assert.ok(!text.includes('a'.repeat(31)))
    assert.ok(!text.includes('b'.repeat(11)))
  })

  test('as an interceptor takes the place of the built-in one', async () => {
    const { logger, lines } = collecting()
    const client = createHttpClient({ transport: answers(200), interceptors: [logging({ level: 'info', logger })] })
    await client.get('http://h/')
    assert.equal(lines.length, 1)
  })
})

describe('metrics', () => {
  test('have a record of each request: method, URL, status, time, error, attempts, timestamp', async () => {
    const client = quietClient({ transport: answers(200, 503, 200, 0), retry: { attempts: 2, baseMs: 0 } })
    const before = Date.now()
    await client.get('http://h/users/17?token=hush')
    await client.get('http://h/users/{id}', { path: { id: 18 } })
    await failure(client.post('http://h/'), 'internal')
    const { records, total, summary } = client.metrics()
    assert.equal(total, 3)
    assert.deepEqual(
      records.map(({ method, url, status, error, attempts }) => ({ method, url, status, error, attempts })),
      [
        { method: 'GET', url: 'http://h/users/{id}', status: 200, error: undefined, attempts: 1 },
        { method: 'GET', url: 'http://h/users/{id}', status: 200, error: undefined, attempts: 2 },
        { method: 'POST', url: 'http://h/', status: undefined, error: 'internal', attempts: 1 },
      ],
    )
    assert.ok(records.every(({ timestamp }) => timestamp >= before - 5 && timestamp <= Date.now() + 5))
    assert.equal(summary.count, 3)
    assert.equal(summary.retries, 1)
    assert.equal(summary.errorRate, 1 / 3)
    assert.equal(client.metrics().byUrl().get('GET http://h/users/{id}')?.count, 2)
  })

  test('remember a bounded number, the latest', async () => {
    const client = quietClient({ transport: answers(200), metrics: { records: 3 } })
    for (let page = 0; page < 7; page++) await client.get(`http://h/page-${page}`)
    const { records, total } = client.metrics()
    assert.deepEqual(
      records.map(({ url }) => url.at(-1)),
      ['4', '5', '6'],
    )
    assert.equal(total, 7)
  })

  test('give percentiles that were measured', () => {
    const measured = metrics()
    for (let ms = 1; ms <= 100; ms++) {
      measured.onDone?.({
        request: { method: 'GET', template: 'http://h/' } as never,
        status: 200,
        error: undefined,
        attempts: 1,
        durationMs: ms,
        startedAt: 0,
      })
    }
    const { averageMs, p50Ms, p95Ms, p99Ms } = measured.report().summary
    assert.deepEqual({ averageMs, p50Ms, p95Ms, p99Ms }, { averageMs: 50.5, p50Ms: 50, p95Ms: 95, p99Ms: 99 })
    measured.reset()
    assert.equal(measured.report().total, 0)
  })

  test('are empty where they are switched off', async () => {
    const client = quietClient({ transport: answers(200), metrics: false })
    await client.get('http://h/')
    assert.equal(client.metrics().total, 0)
  })
})

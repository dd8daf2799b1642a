import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultLimits } from '../src/client/client-options.ts'
import { mergedOptions, settingsOf } from '../src/client/settings.ts'
import { httpVersion } from '../src/client/version.ts'
import {
  createHttpClient,
  fastkit,
  HarRecorder,
  type HttpInterceptor,
  logging,
  metrics,
  openTelemetry,
  toCurl,
} from '../src/index.ts'
import { defaultLogging } from '../src/interceptors/logging.ts'
import { defaultPoolLimits, poolLimitsOf } from '../src/pool/pool-options.ts'
import { defaultRetry } from '../src/retry/retry-options.ts'
import { memoryTransport, Recorder } from '../src/testing.ts'
import { defaultTimeouts } from '../src/timing/timeouts.ts'

describe('a client without options', () => {
  test('has the deadlines of document 003: 5 s for pool and connection, 30 s for the rest', () => {
    const { timeouts } = settingsOf({})
    assert.equal(timeouts, defaultTimeouts)
    assert.deepEqual(timeouts, {
      pool: 5000,
      connect: 5000,
      write: 30_000,
      firstByte: 30_000,
      read: 30_000,
      attempt: Number.POSITIVE_INFINITY,
      total: 60_000,
    })
  })

  test('has the pool of document 003: 100 connections, 20 of them idle, for 5 s', () => {
    assert.deepEqual(poolLimitsOf(), {
      maxConnections: 100,
      maxPerOrigin: 100,
      maxIdle: 20,
      idleMs: 5000,
      maxQueue: 10_000,
    })
    assert.deepEqual(poolLimitsOf(), defaultPoolLimits)
  })

  test('tries again three times, as document 003 does', () => {
    assert.deepEqual(defaultRetry, {
      attempts: 4,
      baseMs: 300,
      multiplier: 2,
      capMs: 10_000,
      jitter: 'full',
      statuses: [408, 425, 429, 500, 502, 503, 504],
      methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY'],
      maxRetryAfterMs: 60_000,
    })
    assert.deepEqual(settingsOf({}).retry, {})
  })

  test('logs at level info', () => {
    assert.deepEqual(defaultLogging, { level: 'info', maxBodyChars: 4096, maxParamsChars: 2048, maxHeadersChars: 2048 })
  })

  test('has no base URL, throws what fails and returns what has a status', () => {
    const { baseUrl, throwOnError, errors, idempotencyKeys, maxBodyBytes } = settingsOf({})
    assert.deepEqual(
      { baseUrl, throwOnError, errors, idempotencyKeys, maxBodyBytes },
      { baseUrl: undefined, throwOnError: false, errors: 'throw', idempotencyKeys: false, maxBodyBytes: 67_108_864 },
    )
    assert.equal(defaultLimits.bodyBytes, 67_108_864)
  })

  test('logs each request and measures the latest 1,000', async () => {
    const lines: string[] = []
    const logger = {
      debug: assert.fail,
      warn: assert.fail,
      error: assert.fail,
      info: (line: string) => lines.push(line),
    }
    await using client = createHttpClient({ logger, transport: memoryTransport(() => ({})) })
    for (let page = 0; page <= 1000; page++) await client.get(`http://h/page-${page}`)
    assert.equal(lines.length, 1001)
    const { records, total } = client.metrics()
    assert.deepEqual([records.length, total, records[0]?.url], [1000, 1001, 'http://h/page-1'])
  })

  test('says who it is and what it takes, keeps no cookies and no answers', async () => {
    const headers = { 'set-cookie': 'a=1', 'cache-control': 'max-age=60' }
    const transport = memoryTransport(() => ({ headers }))
    await using client = createHttpClient({ logging: false, transport })
    for (let left = 2; left > 0; left--) await client.get('http://h/')
    assert.equal(transport.sent.length, 2)
    const { 'x-request-id': id, ...sent } = transport.sent[1]?.headers.toRecord() ?? {}
    assert.match(String(id), /^[0-9a-f]{8}-/)
    assert.deepEqual(sent, {
      'user-agent': `posthouse/${httpVersion}`,
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br, zstd',
    })
  })

  test('tries again 30 times in 10 s at a server that only fails, and not three times for each request', async () => {
    const transport = memoryTransport(() => ({ status: 503 }))
    await using client = createHttpClient({ logging: false, transport, retry: { baseMs: 0 } })
    for (let left = 40; left > 0; left--) assert.equal((await client.get('http://h/')).status, 503)
    assert.equal(transport.sent.length, 40 + 30)
  })
})

describe('the preset fastkit', () => {
  test('has the retries of document 004: 3 attempts in 60 s, after 2 s and 4 s, at most 10 s', () => {
    assert.deepEqual(fastkit.retry, {
      attempts: 3,
      totalMs: 60_000,
      baseMs: 2000,
      multiplier: 2,
      capMs: 10_000,
      jitter: 'none',
      statuses: [429, 500, 502, 503, 504],
    })
  })

  test('waits 60 s for an answer, and makes responses of failures', () => {
    const { timeouts, errors } = settingsOf(mergedOptions({}, { preset: fastkit }))
    assert.equal(timeouts.read, 60_000)
    assert.equal(timeouts.firstByte, 60_000)
    assert.equal(errors, 'response')
  })

  test('gives way to what is named beside it', () => {
    const { retry, errors } = settingsOf(
      mergedOptions({}, { preset: fastkit, retry: { attempts: 5 }, errors: 'throw' }),
    )
    assert.equal(retry.attempts, 5)
    assert.equal(retry.baseMs, 2000)
    assert.equal(errors, 'throw')
  })
})

describe('options that make no sense', () => {
  // Written as a program in JavaScript has them, which no compiler looks at.
  const wrong: readonly (readonly [what: object, message: RegExp])[] = [
    [{ timeoutt: 5 }, /no option timeoutt, only preset, baseUrl/],
    [{ guard: { alow: [] } }, /guard has no option alow, only allowPrivate/],
    [{ guard: true }, /guard must be an object of options, not true/],
    [{ retry: 'many' }, /retry must be false, or a number of retries, or an object of options, not "many"/],
    [{ retry: true }, /retry must be/],
    [{ retry: { times: 3 } }, /retry has no option times/],
    [{ retry: { statuses: 5 } }, /retry: statuses must be a list of statuses, not 5/],
    [{ retry: { statuses: ['500'] } }, /retry: statuses must be a list of statuses, not \["500"\]/],
    [{ retry: { methods: 'GET' } }, /retry: methods must be any, or a list of methods, not "GET"/],
    [{ retry: { retryByError: ['no_such'] } }, /retry: retryByError must be a function, or a list of error codes/],
    [{ retry: { attempts: 0 } }, /retry: attempts must be a whole number from 1, not 0/],
    [{ retry: { attempts: '3' } }, /retry: attempts/],
    [{ retry: -1 }, /retry must be/],
    [{ rateLimit: {} }, /rateLimit needs the option requests/],
    [{ rateLimit: { requests: 0.5 } }, /rateLimit: requests must be a whole number from 1/],
    [{ rateLimit: { requests: 5, per: 'host' } }, /rateLimit: per must be one of client, origin/],
    [{ hedge: {} }, /hedge needs the option delayMs/],
    [{ timeout: { read: '5' } }, /timeout: read must be a number above 0, not "5"/],
    [{ timeout: 0 }, /timeout must be milliseconds above 0/],
    [{ timeout: { raed: 5 } }, /timeout has no option raed/],
    [{ pool: { maxConnections: '5' } }, /pool: maxConnections must be a number from 1, not "5"/],
    [{ policies: [{}] }, /policies must be a list of functions/],
    [{ hops: [5] }, /hops must be a list of functions, not \[5\]/],
    [{ logger: {} }, /logger must be an object with debug, info, warn, error, not an object/],
    [{ logging: { level: 'info', maxBodyChars: 'all' } }, /logging: maxBodyChars must be a number/],
    [{ logging: { logger: console.log } }, /logging: logger must be an object with/],
    [{ metrics: { records: 0 } }, /metrics: records must be a whole number from 1/],
    [{ headers: 'accept: text' }, /headers must be a record, pairs or Headers/],
    [{ params: 5 }, /params must be/],
    [{ requestId: 'one' }, /requestId must be a function/],
    [{ throwOnError: 1 }, /throwOnError must be true or false, not 1/],
    [{ dns: { resolve: '1.1.1.1' } }, /dns: resolve must be a function/],
    [{ dns: { ttlMs: -1 } }, /dns: ttlMs must be a number from 0/],
    [{ guard: { deny: 'a' } }, /guard: deny must be a list/],
    [{ cookies: {} }, /cookies must be true or false, or an object with getCookieString, setCookie/],
    [{ cache: { entries: 'all' } }, /cache: entries/],
    [{ tls: { ca: 5 } }, /tls: ca must be a text, or bytes, or a list of such, not a number/],
    [{ proxy: { uri: 'http://p' } }, /proxy needs the option url/],
    [{ proxy: 5 }, /proxy must be one of environment, false, or a URL, or an object of options, not a number/],
    [{ transport: {} }, /transport must be a function/],
    [{ clock: {} }, /clock must be an object with now, elapsed, after/],
    [{ redirects: 5 }, /redirects must be true or false, or an object of options, not 5/],
    [{ redirects: { max: -1 } }, /redirects: max must be a number from 0, not -1/],
    [{ limits: { bodyBytes: -1 } }, /limits: bodyBytes must be a number from 0, not -1/],
    [{ errors: 'respond' }, /errors must be one of throw, response, not "respond"/],
    [{ secrets: 'token' }, /secrets must be a list of texts, not "token"/],
    [{ interceptors: {} }, /interceptors must be a list of interceptors/],
    [{ preset: { pol: 1 } }, /no option pol/],
    [{ timeout: '5' }, /timeout must be milliseconds above 0, or an object of options, not "5"/],
  ]
  for (const [options, message] of wrong) {
    test(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => createHttpClient({ logging: false, ...options }), { code: 'invalid_option', message })
    })
  }

  test('are not shown where they may be secrets', () => {
    const secrets: readonly object[] = [
      { tls: { key: ['canary'] } },
      { tls: { passphrase: { canary: 'canary' } } },
      { proxy: ['http://user:canary@p'] },
    ]
    for (const options of secrets) {
      assert.throws(
        () => createHttpClient({ logging: false, ...options }),
        (error: Error) => {
          return error.message.includes('must be') && !error.message.includes('canary')
        },
      )
    }
  })

  test('are refused in an interceptor, which would never be asked', () => {
    class Auth {
      readonly token = 'any state of its own'
      beforeRequests(): void {
        assert.fail(this.token)
      }
    }
    const wrong: readonly (readonly [object, RegExp])[] = [
      [
        { before_request: () => undefined },
        /a hook of an interceptor must be one of beforeRequest, .* not "before_request"/,
      ],
      [new Auth(), /not "beforeRequests"/],
      [{ onResponse: () => undefined }, /not "onResponse"/],
      [{ beforeRequest: 5 }, /beforeRequest must be a function, not 5/],
      [{ scope: 'attempts', onError: () => undefined }, /scope must be request or attempt, not "attempts"/],
      [{}, /at least one of beforeRequest/],
    ]
    for (const [interceptor, message] of wrong) {
      const interceptors = [interceptor] as HttpInterceptor[]
      assert.throws(() => createHttpClient({ logging: false, interceptors }), { code: 'invalid_option', message })
      const client = createHttpClient({ logging: false, transport: memoryTransport(() => ({})) })
      assert.throws(() => client.use(interceptor as HttpInterceptor), { code: 'invalid_option', message })
    }
    assert.throws(() => createHttpClient({ interceptors: [null as never] }), { code: 'invalid_option' })
  })

  test('are refused in what follows events, pages and files, and in what records', async () => {
    const client = createHttpClient({ logging: false, transport: memoryTransport(() => ({})) })
    const refused = (options: object, ...calls: ((options: never) => unknown)[]): void => {
      for (const call of calls) assert.throws(() => call(options as never), { code: 'invalid_option' })
    }
    refused({ reconect: true }, (options) => client.events('http://a/', options))
    refused({ reconnect: { attempts: 'all' } }, (options) => client.events('http://a/', options))
    refused({ idleMs: 0 }, (options) => client.events('http://a/', options))
    refused(
      { maxPages: 0 },
      (options) => client.pages('http://a/', options),
      (options) => client.items('http://a/', options),
    )
    refused({ next: 'link' }, (options) => client.pages('http://a/', options))
    refused({ item: () => [] }, (options) => client.items('http://a/', options))
    for (const options of [{ attempts: -1 }, { maxBytes: '5' }, { resumed: true }, { onProgress: 5 }]) {
      await assert.rejects(client.download('http://a/', 'file', options as never), { code: 'invalid_option' })
    }
    refused({ entries: 0 }, (options) => new HarRecorder(options))
    refused(
      { secrets: ['list'] },
      (options) => new HarRecorder(options),
      (options) => toCurl({ method: 'GET', url: 'http://a/' }, options),
    )
    refused({ mode: 'play', path: 'p' }, (options) => new Recorder(options))
    refused({ tracer: {} }, (options) => openTelemetry(options))
    refused(
      { record: 5 },
      (options) => metrics(options),
      (options) => logging(options),
    )
  })

  test('are refused in a request and in an extended client too', async () => {
    const client = createHttpClient({ logging: false, transport: memoryTransport(() => ({})) })
    const wrong = [{ timout: 1 }, { retry: 'many' }, { redirects: { maximum: 1 } }, { signal: 5 }, { path: 'a' }, null]
    for (const options of wrong) {
      await assert.rejects(client.get('http://a/', options as never), { code: 'invalid_option' })
    }
    assert.throws(() => client.extend({ timeoutt: 5 } as never), { code: 'invalid_option' })
    assert.throws(() => createHttpClient(null as never), { code: 'invalid_option' })
  })
})

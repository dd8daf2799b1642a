import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultLimits } from '../src/client/client-options.ts'
import { mergedOptions, settingsOf } from '../src/client/settings.ts'
import { createHttpClient, fastkit } from '../src/index.ts'
import { defaultLogging } from '../src/interceptors/logging.ts'
import { defaultPoolLimits, poolLimitsOf } from '../src/pool/pool-options.ts'
import { defaultRetry } from '../src/retry/retry-options.ts'
import { memoryTransport } from '../src/testing.ts'
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
    [{ guard: { alow: [] } }, /no option guard\.alow, only allowPrivate/],
    [{ guard: true }, /guard is of the kind object, not true/],
    [{ retry: 'many' }, /retry is of the kind number or false or object, not "many"/],
    [{ retry: true }, /retry is/],
    [{ retry: { times: 3 } }, /retry\.times/],
    [{ redirects: 5 }, /redirects is of the kind boolean or object, not 5/],
    [{ redirects: { max: -1 } }, /redirects\.max is -1/],
    [{ limits: { bodyBytes: -1 } }, /limits\.bodyBytes is -1/],
    [{ errors: 'respond' }, /errors is throw or response, not "respond"/],
    [{ secrets: 'token' }, /secrets is of the kind list, not "token"/],
    [{ interceptors: {} }, /interceptors is of the kind list/],
    [{ preset: { pol: 1 } }, /no option pol/],
    [{ timeout: '5' }, /timeout is of the kind number or object, not "5"/],
  ]
  for (const [options, message] of wrong) {
    test(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => createHttpClient({ logging: false, ...options }), { code: 'invalid_option', message })
    })
  }

  test('are refused in a request and in an extended client too', async () => {
    const client = createHttpClient({ logging: false, transport: memoryTransport(() => ({})) })
    for (const options of [{ timout: 1 }, { retry: 'many' }, { redirects: { maximum: 1 } }, { signal: 5 }]) {
      await assert.rejects(client.get('http://a/', options as never), { code: 'invalid_option' })
    }
    assert.throws(() => client.extend({ timeoutt: 5 } as never), { code: 'invalid_option' })
    assert.throws(() => createHttpClient(null as never), { code: 'invalid_option' })
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as hub from '@posthouse/hub'
import * as jwt from '@posthouse/hub/jwt'
import { resolveOptions } from '../src/hub-options.ts'

test('the hub exports these names and no others', () => {
  assert.deepEqual(Object.keys(hub).sort(), [
    'Hub',
    'Message',
    'PosthouseError',
    'createToken',
    'defaultLimits',
    'defaultPort',
    'hashToken',
    'isLoopback',
    'isPosthouseError',
    'openServer',
    'tokenFile',
  ])
})

test('JSON Web Tokens have a subpath of their own', () => {
  assert.deepEqual(Object.keys(jwt), ['jwt'])
})

test('the documented port and limits stand', () => {
  assert.equal(hub.defaultPort, 9898)
  assert.deepEqual(hub.defaultLimits, {
    frameBytes: 1_048_576,
    bodyBytes: 262_144,
    framesPerArray: 256,
    inFlight: 256,
    windowMessages: 256,
    windowBytes: 1_048_576,
    calls: 256,
    subscriptions: 128,
  })
})

test('the documented times and sizes hold where nothing else is said', () => {
  const { timing, sendQueue, crossComm, maxClients, statisticsMs } = resolveOptions({})
  assert.deepEqual(
    { timing, sendQueue, crossComm, maxClients, statisticsMs },
    {
      timing: {
        helloMs: 5000,
        heartbeatMs: 25_000,
        v1TimeoutMs: 35_000,
        crossCommTimeoutMs: 60_000,
        sessionMs: 120_000,
        leaseMs: 30_000,
      },
      sendQueue: { softBytes: 1_048_576, hardBytes: 4 * 1_048_576 },
      crossComm: true,
      maxClients: 100_000,
      statisticsMs: 30 * 86_400_000,
    },
  )
})

test('loopback is what only this computer can reach', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
    assert.ok(hub.isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.example.org', '']) {
    assert.ok(!hub.isLoopback(host), host)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sync from '@posthouse/http/sync'
import * as testing from '@posthouse/http/testing'

test('the synchronous client has a subpath of its own', () => {
  assert.deepEqual(Object.keys(sync).sort(), ['SyncHttpResponse', 'createSyncHttpClient', 'requests'])
})

test('so has what tests need', () => {
  assert.deepEqual(Object.keys(testing).sort(), ['Recorder', 'memoryTransport'])
})

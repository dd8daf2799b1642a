import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzzing.ts'

test('nothing that comes in as frames of a WebSocket does harm', () => {
  assert.equal(fuzz({ language: 'web_socket', seed: 1, inputs: 30_000 }), undefined)
})

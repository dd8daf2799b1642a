import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzzing.ts'

test('nothing that comes in as msgpack does harm', () => {
  assert.equal(fuzz({ language: 'msgpack', seed: 1, inputs: 600_000 }), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzzing.ts'

test('nothing that comes in as json does harm', () => {
  assert.equal(fuzz({ language: 'json', seed: 1, inputs: 300_000 }), undefined)
})

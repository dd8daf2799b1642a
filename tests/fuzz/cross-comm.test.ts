import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzzing.ts'

test('nothing that comes in as cross_comm does harm', () => {
  assert.equal(fuzz({ language: 'cross_comm', seed: 1, inputs: 100_000 }), undefined)
})

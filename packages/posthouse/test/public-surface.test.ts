import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as posthouse from 'posthouse'

test('posthouse exports these names and no others', () => {
  assert.deepEqual(Object.keys(posthouse).sort(), ['PosthouseNode', 'createNode', 'defineConfig', 'filesDoor'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as log from '@posthouse/log'

test('the logger exports these names and no others', () => {
  assert.deepEqual(Object.keys(log).sort(), ['AppLogger', 'createLogger', 'defaultFormat', 'levels', 'logger'])
})

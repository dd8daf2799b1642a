import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as hub from '@posthouse/hub'
import { defaultPort } from '../src/default-hub.ts'

test('the port that the command names is the one where a hub listens by default', () => {
  assert.equal(defaultPort, hub.defaultPort)
})

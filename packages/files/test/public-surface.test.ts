import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as files from '@posthouse/files'
import manifest from '@posthouse/files/package.json' with { type: 'json' }

test('the public names of files are these', () => {
  assert.deepEqual(Object.keys(files), ['Files', 'defaultFileLimits'])
  assert.deepEqual(Object.keys(manifest.exports), ['.', './package.json'])
})

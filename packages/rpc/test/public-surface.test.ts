import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as rpc from '@posthouse/rpc'
import manifest from '@posthouse/rpc/package.json' with { type: 'json' }

describe('the public names of rpc', () => {
  it('are these', () => {
    assert.deepEqual(Object.keys(rpc), ['Api', 'createApi', 'procedure', 'signingKeyFile'])
  })

  it('have no other way in', () => {
    assert.deepEqual(Object.keys(manifest.exports), ['.', './package.json'])
  })
})

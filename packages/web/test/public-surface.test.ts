import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as web from '@posthouse/web'
import * as client from '@posthouse/web/client'
import manifest from '@posthouse/web/package.json' with { type: 'json' }

describe('the public names of web', () => {
  it('are these in its client, which runs in browsers', () => {
    assert.deepEqual(Object.keys(client), ['ClientSocket', 'Problem', 'createClient', 'isProblem', 'problem', 'remote'])
  })

  it('are these at its root', () => {
    assert.deepEqual(Object.keys(web), [
      'ClientSocket',
      'Problem',
      'Tickets',
      'apiKey',
      'basic',
      'bearer',
      'bytes',
      'createApp',
      'createClient',
      'createRouter',
      'currentRequestId',
      'defaultSocketLimits',
      'depends',
      'environmentOf',
      'errorFrame',
      'eventStream',
      'form',
      'handledBy',
      'isProblem',
      'jsonSchema',
      'loadSettings',
      'messageRouter',
      'multipart',
      'oauth2Password',
      'passwordGrant',
      'problem',
      'rateLimit',
      'requestContext',
      'sameSecret',
      'stream',
      'textBody',
      'toJsonSchema',
    ])
  })

  it('are reached through these paths, and no other', () => {
    assert.deepEqual(Object.keys(manifest.exports), ['.', './client', './package.json'])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { errorInfo, jsonHubCodec, type SentFrame } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { encodedSent } from '../src/peers/sent-frame.ts'
import { measured } from '../src/routing/encoded.ts'

test('a sent frame is written as the codec writes it, and only a state is superseded', () => {
  const states = (['stored', 'duplicate', 'dropped'] as const).map((state) => ({ state }))
  const error = errorInfo(new PosthouseError('inbox_full', 'full'))
  for (const n of [1, 4711, Number.MAX_SAFE_INTEGER]) {
    for (const answer of [...states, { error }]) {
      const frame: SentFrame = { op: 'sent', n, ...answer }
      for (const codec of [jsonHubCodec, msgpackHubCodec]) {
        const mark = 'state' in answer ? `sent ${answer.state}` : undefined
        assert.deepEqual(encodedSent(frame, codec), measured(codec.encode(frame), mark))
      }
    }
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHubFrames } from '../src/frame/hub-frames.ts'

const sent = { op: 'sent', n: 1, state: 'stored' }

test('what is no frame is refused', () => {
  for (const decoded of [null, 1, 'x', [[]], [null], new Uint8Array(1)]) {
    assert.throws(() => readHubFrames(decoded), { code: 'malformed_frame' })
  }
  assert.throws(() => readHubFrames(Array.from({ length: 257 }, () => sent)), { code: 'frame_too_large' })
})

test('a frame that does not fit is told of with its op, its id and the field', () => {
  const [frame] = readHubFrames({ op: 'deliver', id: 'm', from: 'a', to: 'b', type: 'text', ts: 'now', body: 'hi' })
  assert.ok(frame?.op === 'bad')
  assert.deepEqual([frame.about, frame.id, frame.error.code], ['deliver', 'm', 'invalid_field'])
  assert.match(frame.error.message, /\bts\b/)
})

test('a sent has either a state or an error', () => {
  const error = { code: 'inbox_full', number: 3005, message: 'full', retry: true }
  const ops = readHubFrames([
    { ...sent, error },
    { op: 'sent', n: 1 },
    { op: 'sent', n: 1, error },
  ]).map(({ op }) => op)
  assert.deepEqual(ops, ['bad', 'bad', 'sent'])
})

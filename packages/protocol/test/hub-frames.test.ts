import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
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

const edge = fc.constantFrom<unknown>(null, '', 'x', 'a\ud800', 0, -1, 1.5, 2 ** 53, true, 'x'.repeat(5000), [], {})
const fields = ['id', 'from', 'to', 'type', 'ts', 'body', 'seq', 'stream', 'headers', 'replyTo', 'unknown']
const changes = fc.dictionary(fc.constantFrom(...fields), fc.option(edge, { nil: undefined }), { maxKeys: 2 })

test('a usual delivery, which is looked at in short, is taken where an unusual one is', () => {
  const usual = { op: 'deliver', seq: 1, id: 'm', from: 'a', to: 'b', type: 'text', ts: 1.5, body: 'hi' }
  fc.assert(
    fc.property(changes, (changed) => {
      const [frame] = readHubFrames({ ...usual, ...changed })
      const [thorough] = readHubFrames({ ...usual, ...changed, attempt: 1 })
      assert.equal(frame?.op, thorough?.op)
    }),
    { numRuns: 2000 },
  )
})

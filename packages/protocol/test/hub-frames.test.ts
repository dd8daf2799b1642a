import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFrames } from '../src/frame/codec.ts'
import { readHubFrames } from '../src/frame/hub-frames.ts'
import { hubGrammar } from '../src/frame/hub-shapes.ts'

const edge: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, '', 'x', 'stored', 'a\ud800', 0, -1, 1.5, 2 ** 53, 1e308, true, 'x'.repeat(5000), []),
  fc.constantFrom<unknown>({}, { a: 'b' }, { code: 'offline', number: 1, message: '', retry: true }),
)
const usual = {
  deliver: { op: 'deliver', seq: 1, id: 'm', from: 'a', to: 'b', type: 'text', ts: 1.5, body: 'hi' },
  live: { op: 'deliver', id: 'm', from: 'a', to: 'b', type: 'x-any', ts: 1, body: null },
  sent: { op: 'sent', n: 1, state: 'stored' },
}
const fields = ['op', 'id', 'from', 'to', 'type', 'ts', 'body', 'seq', 'stream', 'attempt', 'headers', 'replyTo', 'sec']
const name = fc.constantFrom(...fields, 'n', 'state', 'error', 'unknown')
const frame = fc
  .tuple(
    fc.constantFrom(...Object.values(usual)),
    fc.array(fc.tuple(name, fc.option(edge, { nil: undefined })), { maxLength: 2 }),
  )
  .map(([base, changes]) => {
    const changed: Record<string, unknown> = { ...base }
    for (const [changedName, value] of changes) {
      if (value === undefined) delete changed[changedName]
      else changed[changedName] = value
    }
    return changed
  })

test('a client that looks at ordinary frames in short takes what it would take, and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(frame, fc.array(frame, { maxLength: 3 })), (decoded) => {
      const thoroughly = readFrames(structuredClone(decoded), hubGrammar, (_, value) => ({ format: 'value', value }))
      assert.deepEqual(readHubFrames(structuredClone(decoded)), thoroughly)
    }),
    { numRuns: 5000 },
  )
})

test('what is no frame is refused', () => {
  for (const decoded of [null, 1, 'x', [[]], [null], new Uint8Array(1)]) {
    assert.throws(() => readHubFrames(decoded), { code: 'malformed_frame' })
  }
  assert.throws(() => readHubFrames(Array.from({ length: 257 }, () => usual.sent)), { code: 'frame_too_large' })
})

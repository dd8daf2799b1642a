import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { readHubFrames } from '../src/frame/hub-frames.ts'

const sent = { op: 'sent', n: 1, state: 'stored' }

test('what is no frame is refused', () => {
  for (const decoded of [null, 1, 'x', [[]], [null], new Uint8Array(1)]) {
    assert.throws(() => readHubFrames(decoded), { code: 'malformed_frame' })
  }
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

const usual = { op: 'deliver', id: 'm', from: 'a', to: 'b', type: 'text', ts: 1.5, body: 'hi' }
const fuller = { ...usual, seq: 1, attempt: 2, stream: 'inbox', replyTo: 'c', receipts: true, headers: { a: '' } }
const edges = [null, '', 'a\ud800', -1, true, [], {}, 1n]
/** Fields and what else they may be, of the edges. */
const lenient: Readonly<Record<string, readonly unknown[]>> = {
  ts: [-1],
  body: edges,
  headers: [{}],
  receipts: [true],
}

test('each field of a delivery is looked at, and those that may be missing may', () => {
  for (const whole of [usual, fuller]) assert.equal(readHubFrames({ ...whole })[0]?.op, 'deliver')
  for (const name of Object.keys(fuller).filter((key) => key !== 'op')) {
    for (const edge of edges) {
      const [frame] = readHubFrames({ ...fuller, [name]: edge })
      if (lenient[name]?.some((value) => isDeepStrictEqual(value, edge))) continue
      assert.ok(frame?.op === 'bad', `${name}: ${String(edge)}`)
      assert.match(frame.error.message, new RegExp(`\\b${name}\\b`))
    }
    const [frame] = readHubFrames({ ...fuller, [name]: undefined })
    assert.equal(frame?.op, name in usual ? 'bad' : 'deliver', name)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import { jsonClientCodec, jsonHubCodec } from '@posthouse/protocol'
import { bodyJson, bodyToValue, convertBody } from '@posthouse/protocol/bodies'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { readThoroughly } from '../src/message-pack/msgpack-hub-codec.ts'

const mark = '\ufeff'
/** Long ones are decoded in another way than short ones. */
const texts = [1, 60, 250, 300, 5000].flatMap((length) =>
  [mark, mark + mark].map((begin) => begin + 'x'.repeat(length)),
)

test('a text that begins with U+FEFF keeps it, in every dialect and from each to the other', () => {
  for (const text of texts) {
    const type = 'x-a'
    const value = { [text]: [text] }
    const packed = { type, body: { format: 'msgpack', bytes: encode(value) } } as const
    const spelled = { type, body: { format: 'json', bytes: Buffer.from(JSON.stringify(value)) } } as const
    assert.deepEqual(JSON.parse(bodyJson(packed)), value)
    assert.deepEqual(bodyToValue(packed), value)
    assert.deepEqual(Buffer.from(convertBody(spelled, 'msgpack').bytes), Buffer.from(packed.body.bytes))
    for (const [hub, client, body] of [
      [jsonHubCodec, jsonClientCodec, spelled.body],
      [msgpackHubCodec, msgpackClientCodec, packed.body],
    ] as const) {
      const [frame] = client.decode(hub.encode({ op: 'deliver', id: 'i', from: 'f', to: 't', type, ts: 1, body }))
      assert.ok(frame?.op === 'deliver' && frame.body.format === 'value')
      assert.deepEqual(frame.body.value, value)
    }
  }
})

test('an id that begins with U+FEFF is the same, whichever way a frame was read', () => {
  const id = `${mark}${'x'.repeat(250)}`
  const frame = { op: 'send', id, to: 'b', type: 'text', n: 1, body: '' }
  const message = encode(frame)
  assert.deepEqual(msgpackHubCodec.decode(message), readThoroughly(message))
  for (const read of [...readThoroughly(message), ...readThoroughly(encode({ ...frame, unknown: 1 }))]) {
    assert.ok(read.op === 'send')
    assert.equal(read.id, id)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from '@msgpack/msgpack'
import { bytesToBase64 } from '@posthouse/core'
import { type Frame, type FrameBody, packFrames, wireBytes } from '@posthouse/protocol'
import { msgpackClientCodec } from '@posthouse/protocol/msgpack'
import fc from 'fast-check'
import { toJsonText } from '../src/json/json-text.ts'
import { encodeMsgpack, encodeThoroughly } from '../src/message-pack/msgpack-message.ts'

const runs = { numRuns: 1000 }
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 28, maxLength: 400 }),
    fc.constantFrom('é'.repeat(130), '李雷'),
  )
  .filter((each) => each.isWellFormed())
const wholeNumber = fc.oneof(
  fc.nat(70_000),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 255, 256, 2 ** 32 - 1, 2 ** 32),
)
const plainValue = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
const value = fc.oneof(plainValue, text, fc.uint8Array())
const body = fc.oneof(
  value.map((each): FrameBody => ({ format: 'value', value: each })),
  fc.oneof(value, fc.string({ minLength: 16_000, maxLength: 17_000 })).map((each): FrameBody => {
    return { format: 'msgpack', bytes: encode(each) }
  }),
)
const envelope = { id: text, to: text, type: fc.constantFrom('text' as const, 'dict' as const), body }
const rare = { headers: fc.dictionary(text, text, { maxKeys: 2 }), replyTo: text, sec: plainValue }
const ts = fc.oneof(fc.maxSafeNat(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const keys = ['id', 'to', 'type', 'body', 'from', 'ts', 'op'] as const
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record(
    { op: fc.constant('send' as const), ...envelope, n: wholeNumber, qos: fc.constantFrom(0 as const), ...rare },
    { requiredKeys: ['op', 'id', 'to', 'type', 'body'] },
  ),
  fc.record(
    { op: fc.constant('deliver' as const), seq: wholeNumber, ...envelope, from: text, ts, ...rare },
    { requiredKeys: [...keys] },
  ),
  fc.record({ op: fc.constant('sent' as const), n: wholeNumber, state: fc.constantFrom('stored' as const) }),
  fc.record({ op: fc.constant('ack' as const), seq: wholeNumber, stream: text }, { requiredKeys: ['op', 'seq'] }),
)

test('a frame in MessagePack is the same bytes, whichever way it was written', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), (frames) => {
      const written = frames.map((each) => encodeMsgpack(each))
      // All at once, and after all were written: what comes later must not lie over what came before.
      assert.deepEqual(
        written.map((each) => Uint8Array.from(each)),
        frames.map((each) => Uint8Array.from(encodeThoroughly(each))),
      )
    }),
    runs,
  )
})

test('a frame that cannot be written leaves nothing in the next one', () => {
  const send = (value: unknown): Uint8Array =>
    encodeMsgpack({ op: 'send', id: 'm', to: 'b', type: 'dict', body: { format: 'value', value } })
  assert.throws(() => send({ bad: Number.NaN }), { code: 'unrepresentable' })
  assert.deepEqual(decode(send({ good: 1 })), { op: 'send', id: 'm', to: 'b', type: 'dict', body: { good: 1 } })
})

test('fields that are undefined are left out', () => {
  const frame = { op: 'ping', id: undefined } as unknown as Frame
  assert.deepEqual(decode(encodeMsgpack(frame)), { op: 'ping' })
})

test('half a surrogate pair becomes U+FFFD', () => {
  const frame = encodeMsgpack({ op: 'ping', id: 'a\ud800b' })
  assert.deepEqual(decode(frame), { op: 'ping', id: 'a\ufffdb' })
})

/** The values as JSON with all that needs watching done beforehand. */
function watched(each: unknown): unknown {
  if (each instanceof Uint8Array) return bytesToBase64(each)
  if (Array.isArray(each)) return each.map(watched)
  if (typeof each !== 'object' || each === null) return each
  return Object.fromEntries(Object.entries(each).map(([name, member]) => [name, watched(member)]))
}

test('a value is the same JSON text, whether or not it has to be watched', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, -0),
    fc.uint8Array(),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
  }))
  fc.assert(
    fc.property(tree, (each) => {
      const finite = !JSON.stringify(watched(each), (_, member: unknown) =>
        typeof member === 'number' && !Number.isFinite(member) ? 'not finite' : member,
      ).includes('"not finite"')
      if (finite) assert.equal(toJsonText(each), JSON.stringify(watched(each)))
      else assert.throws(() => toJsonText(each), { code: 'unrepresentable' })
    }),
    runs,
  )
})

test('what JSON.stringify would not write right is watched, however it is wrapped', () => {
  class Point {
    readonly x = 2n
    toJSON(): unknown {
      return { x: this.x }
    }
  }
  assert.equal(toJsonText({ a: [12345678901234567890n] }), '{"a":[12345678901234567890]}')
  assert.equal(toJsonText([new Point()]), '[{"x":2}]')
  assert.equal(toJsonText({ a: undefined, b: [undefined, () => 1] }), '{"b":[null,null]}')
  assert.equal(toJsonText(Object.assign([1], { toJSON: () => 3n })), '3')
  assert.equal(toJsonText({ bytes: Buffer.from('abc') }), '{"bytes":"YWJj"}')
})

test('the size of text on the wire is that of its UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (wire) => {
      assert.equal(wireBytes(wire), new TextEncoder().encode(wire).length)
    }),
    runs,
  )
})

test('frames that share memory are packed apart', () => {
  const wires = [1, 2, 3].map((seq) => msgpackClientCodec.encode({ op: 'ack', seq }))
  const frames = wires.map((wire) => ({ wire, bytes: wireBytes(wire) }))
  const [message] = packFrames(frames, msgpackClientCodec, { frameBytes: 1000, framesPerArray: 256 })
  assert.ok(message instanceof Uint8Array)
  assert.deepEqual(
    decode(message),
    [1, 2, 3].map((seq) => ({ op: 'ack', seq })),
  )
})

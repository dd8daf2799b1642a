import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageType } from '@posthouse/core'
import {
  type ClientFrame,
  fromBodyValue,
  inferType,
  jsonClientCodec,
  jsonHubCodec,
  toBodyValue,
} from '@posthouse/protocol'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { bodyMisfit } from '../src/frame/body-form.ts'
import { plainFrame } from './vectors.ts'

const bytes = Uint8Array.of(1, 2, 255)

/** Levels of arrays around nothing. */
function nested(levels: number): unknown {
  let value: unknown[] = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}

function circle(): unknown {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}

function sent(type: MessageType, body: unknown): ClientFrame {
  return { op: 'send', id: 'm', to: 'bob', type, n: 1, body: { format: 'value', value: toBodyValue(type, body) } }
}

const kept: readonly (readonly [string, MessageType, unknown, unknown])[] = [
  ['text from a number', 'text', 5, '5'],
  ['text from null', 'text', null, 'null'],
  [
    'a bigint as a number, or as it is where a number would round it',
    'dict',
    { a: 1n, b: 2n ** 63n },
    { a: 1, b: 2n ** 63n },
  ],
  ['a bigint in json', 'json', [2n ** 64n - 1n], '[18446744073709551615]'],
  ['json text as it is spelled', 'json', '{"a": 1.50}', '{"a": 1.50}'],
  ['a value as json text', 'json', { a: [1, undefined], b: undefined }, '{"a":[1,null]}'],
  ['nothing as json text', 'json', undefined, 'null'],
  ['bytes in a json value', 'json', { a: bytes, b: Buffer.from(bytes) }, '{"a":"AQL/","b":"AQL/"}'],
  ['dates as text', 'dict', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
  ['the result of toJSON', 'dict', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
  ['undefined members and functions left out', 'dict', { a: undefined, b: () => 1, c: 1 }, { c: 1 }],
  ['holes of an array as null', 'x-list', Object.assign(new Array(3), [1]), [1, null, null]],
  ['maps and sets as JSON would', 'dict', { a: new Map([[1, 2]]), b: new Set([1]) }, { a: {}, b: {} }],
  ['an ArrayBuffer inside as bytes', 'dict', { a: bytes.buffer }, { a: bytes }],
  ['null under an application type', 'x-nothing', null, null],
  ['63 levels', 'x-deep', nested(63), nested(63)],
]

for (const [what, type, value, expected] of kept) {
  test(`a body keeps ${what}`, () => assert.deepEqual(toBodyValue(type, value), expected))
}

const refused: readonly (readonly [string, MessageType, unknown, string])[] = [
  ['text that is an object without a way to text', 'text', Object.create(null), 'invalid_body'],
  ['json that is not JSON', 'json', '{a:1}', 'invalid_body'],
  ['dict that is an array', 'dict', [], 'invalid_body'],
  ['dict that is null', 'dict', null, 'invalid_body'],
  ['dict that is bytes', 'dict', bytes, 'invalid_body'],
  ['dict whose toJSON gives text', 'dict', new Date(0), 'invalid_body'],
  ['bytes that are text', 'bytes', 'AQL/', 'invalid_body'],
  ['nothing', 'x-any', undefined, 'invalid_body'],
  ['NaN', 'dict', { a: Number.NaN }, 'unrepresentable'],
  ['Infinity in json', 'json', [Number.POSITIVE_INFINITY], 'unrepresentable'],
  ['a whole number of more than 64 bits', 'dict', { a: 2n ** 64n }, 'unrepresentable'],
  ['a symbol', 'x-any', [Symbol('a')], 'unrepresentable'],
  ['a function', 'x-any', () => 1, 'unrepresentable'],
  ['a circle', 'dict', circle(), 'too_deep'],
  ['64 levels', 'x-deep', nested(64), 'too_deep'],
  [
    'a toJSON that gives itself',
    'dict',
    {
      toJSON() {
        return this
      },
    },
    'too_deep',
  ],
]

for (const [what, type, value, code] of refused) {
  test(`a body is refused: ${what}`, () => {
    for (const form of ['exact', 'json'] as const) assert.throws(() => toBodyValue(type, value, form), { code })
  })
}

test('the refusal of what is no object says what it is and what to do', () => {
  const message = 'a dict body must be an object, not number; give others a type'
  assert.throws(() => toBodyValue(inferType(5), 5), { code: 'invalid_body', message })
  assert.equal(toBodyValue('json', 5), '5')
})

test('a body in the form of JSON is text where bytes were, and keeps its integers', () => {
  assert.equal(toBodyValue('bytes', bytes, 'json'), 'AQL/')
  assert.equal(toBodyValue('bytes', new Uint8Array(), 'json'), '')
  const plain = toBodyValue('x-any', [bytes.buffer, 2n ** 64n - 1n, 7n, { deep: [bytes] }], 'json')
  assert.equal(JSON.stringify(plain), '["AQL/",18446744073709551615,7,{"deep":["AQL/"]}]')
})

test('a member named __proto__ stays a member in JSON and is refused in MessagePack', () => {
  const value: unknown = JSON.parse('{"a":{"__proto__":{"b":1}}}')
  const plain = toBodyValue('dict', value)
  assert.equal(JSON.stringify(plain), '{"a":{"__proto__":{"b":1}}}')
  assert.match(String(jsonClientCodec.encode(sent('dict', value))), /__proto__/)
  assert.throws(() => msgpackClientCodec.encode(sent('dict', value)), { code: 'unrepresentable' })
})

test('every view of bytes is sent as bytes', () => {
  const views = [bytes, Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer)]
  for (const view of views) assert.deepEqual(new Uint8Array(toBytes(toBodyValue('bytes', view))), bytes)
})

test('bytes inside other types become base64 in JSON, also those of a Buffer', () => {
  for (const value of [{ a: bytes }, { a: Buffer.from(bytes) }]) {
    const [frame] = jsonHubCodec.decode(jsonClientCodec.encode(sent('dict', toBodyValue('dict', value, 'json'))))
    assert.ok(frame)
    assert.deepEqual(plainFrame(frame), { ...sent('dict', {}), body: { a: 'AQL/' } })
  }
})

test('half a surrogate pair becomes U+FFFD in MessagePack', () => {
  for (const body of [{ '\ud800': ['a\udfff'] }, { '\ufffd': ['a\ufffd'] }]) {
    const [frame] = msgpackHubCodec.decode(msgpackClientCodec.encode(sent('dict', body)))
    assert.ok(frame)
    assert.deepEqual(plainFrame(frame), { ...sent('dict', {}), body: { '\ufffd': ['a\ufffd'] } })
  }
})

test('the type of a value is text, bytes or dict', () => {
  const values = ['a', bytes, bytes.buffer, { a: 1 }]
  assert.deepEqual(values.map(inferType), ['text', 'bytes', 'bytes', 'dict'])
})

test('received bytes are bytes in every dialect', () => {
  assert.deepEqual(fromBodyValue('bytes', 'AQL/'), bytes)
  assert.equal(fromBodyValue('bytes', bytes), bytes)
  assert.equal(fromBodyValue('text', 'AQL/'), 'AQL/')
  for (const wrong of [5, null, '!']) assert.throws(() => fromBodyValue('bytes', wrong), { code: 'invalid_body' })
})

test('the hub judges a body by the kind of its value', () => {
  const good: readonly (readonly [MessageType, string, string])[] = [
    ['text', '""', 'a0'],
    ['json', '"{}"', 'd9027b7d'],
    ['dict', '{}', '80'],
    ['bytes', '""', 'c400'],
    ['file', '{}', 'de0000'],
    ['x-any', '5', '05'],
  ]
  for (const [type, json, hex] of good) {
    assert.equal(bodyMisfit(type, { format: 'json', bytes: Buffer.from(json) }), undefined)
    assert.equal(bodyMisfit(type, { format: 'msgpack', bytes: Buffer.from(hex, 'hex') }), undefined)
  }
  for (const type of ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'audio', 'video'] as const) {
    for (const [json, hex] of [
      ['5', '05'],
      ['null', 'c0'],
      ['[]', '90'],
    ] as const) {
      assert.ok(bodyMisfit(type, { format: 'json', bytes: Buffer.from(json) }))
      assert.ok(bodyMisfit(type, { format: 'msgpack', bytes: Buffer.from(hex, 'hex') }))
    }
  }
  assert.ok(bodyMisfit('bytes', { format: 'msgpack', bytes: Buffer.from('a0', 'hex') }), 'text is not bin')
})

function toBytes(value: unknown): Uint8Array {
  assert.ok(value instanceof Uint8Array)
  return value
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from '@msgpack/msgpack'
import { isPosthouseError, type MessageType } from '@posthouse/core'
import type { ClientFrame, SendFrame, Wire } from '@posthouse/protocol'
import { type BodyForm, jsonClientCodec, jsonHubCodec, toBodyValue } from '@posthouse/protocol'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import fc from 'fast-check'
import { convertBody } from '../src/bodies.ts'
import { scanMembers } from '../src/json/json-scan.ts'
import { scanMsgpack } from '../src/message-pack/msgpack-scan.ts'
import { plainFrame } from './vectors.ts'

/** JSON values whose strings are well-formed and whose names MessagePack can carry. */
const jsonValue = fc
  .jsonValue({ maxDepth: 5, stringUnit: 'binary' })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const runs = { numRuns: 300 }

function sendOf(body: unknown, n: number, type: MessageType = 'x-any'): SendFrame {
  return { op: 'send', id: `m-${n}`, to: 'bob', type, n, body: { format: 'value', value: body } }
}

test('the JSON scan finds exactly the body text that was put in', () => {
  const spelled = fc.record({
    value: jsonValue,
    indent: fc.nat(2),
    before: fc.dictionary(fc.string(), jsonValue),
    space,
  })
  fc.assert(
    fc.property(fc.array(spelled, { minLength: 1, maxLength: 4 }), fc.boolean(), (list, alone) => {
      const bodies = list.map(({ value, indent }) => JSON.stringify(value, undefined, indent))
      const frames = list.map(({ before, space: gap }, index) => {
        const { body: _, ...rest } = before
        const head = Object.entries(rest).map(
          ([name, value]) => `${JSON.stringify(name)}${gap}:${JSON.stringify(value)}`,
        )
        return `{${[...head, `${gap}"body"${gap}:${gap}${bodies[index]}${gap}`].join(',')}}`
      })
      const text = alone && frames.length === 1 ? `${frames[0]}` : ` [${frames.join(' , ')}] `
      const bytes = new TextEncoder().encode(text)
      const found = scanMembers(bytes, ['body'], 64).map((members) => {
        const span = members.get('body')
        return span && new TextDecoder().decode(bytes.subarray(span.start, span.end))
      })
      assert.deepEqual(found, bodies)
    }),
    runs,
  )
})

test('the MessagePack scan finds the bytes that the decoder makes the body of', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.constantFrom('body', 'op', 'bod', 'body2'), jsonValue), { maxLength: 20 }),
      (list) => {
        const bytes = encode(list)
        const found = scanMsgpack(bytes, 'body', 64).map((span) => span && decode(bytes.subarray(span.start, span.end)))
        assert.deepEqual(
          found,
          list.map(({ body }) => body),
        )
      },
    ),
    runs,
  )
})

test('a body that a client sends is what the hub reads, in both dialects, alone and joined', () => {
  fc.assert(
    fc.property(fc.array(jsonValue, { minLength: 1, maxLength: 20 }), (bodies) => {
      const frames: readonly ClientFrame[] = bodies.map((body, index) => sendOf(body, index + 1))
      const expected = bodies.map((body, index) => ({ ...sendOf(body, index + 1), body }))
      const json = jsonClientCodec.join(frames.map((frame) => jsonClientCodec.encode(frame)))
      assert.deepEqual(jsonHubCodec.decode(json).map(plainFrame), expected)
      const packed = msgpackClientCodec.join(frames.map((frame) => msgpackClientCodec.encode(frame)))
      assert.deepEqual(msgpackHubCodec.decode(packed).map(plainFrame), expected)
    }),
    runs,
  )
})

test('a body that goes from JSON to MessagePack and back keeps its value', () => {
  fc.assert(
    fc.property(jsonValue, fc.nat(2), (value, indent) => {
      const bytes = new TextEncoder().encode(JSON.stringify(value, undefined, indent))
      const packed = convertBody({ type: 'x-any', body: { format: 'json', bytes } }, 'msgpack')
      const back = convertBody({ type: 'x-any', body: { format: 'msgpack', bytes: Buffer.from(packed.bytes) } }, 'json')
      assert.deepEqual(JSON.parse(new TextDecoder().decode(back.bytes)), value)
    }),
    runs,
  )
})

test('integers of up to 64 bits pass through the dialects digit by digit', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })), (numbers) => {
      const text = `[${numbers.join(',')}]`
      const packed = convertBody(
        { type: 'x-any', body: { format: 'json', bytes: new TextEncoder().encode(text) } },
        'msgpack',
      )
      const back = convertBody({ type: 'x-any', body: packed }, 'json')
      assert.equal(new TextDecoder().decode(back.bytes), text)
    }),
    runs,
  )
})

test('bytes are the same bytes after any way through the dialects', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      const bytes = encode(new Uint8Array(value))
      const json = convertBody({ type: 'bytes', body: { format: 'msgpack', bytes } }, 'json')
      assert.deepEqual(convertBody({ type: 'bytes', body: json }, 'msgpack').bytes, bytes)
    }),
    runs,
  )
})

const codecs = [jsonHubCodec, jsonClientCodec, msgpackHubCodec, msgpackClientCodec]

/** Decodes with every codec; anything thrown must be ours. */
function survives(wire: Wire): void {
  for (const codec of codecs) {
    try {
      codec.decode(wire)
    } catch (error) {
      if (!isPosthouseError(error)) throw error
    }
  }
}

test('random bytes and text make a decoder throw nothing but its own errors', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 3000 })
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), survives), { numRuns: 1000 })
  const tokens = fc.constantFrom('{', '}', '[', ']', ',', ':', '"op"', '"body"', '"send"', '1', 'null', '"', '\\', ' ')
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 30 }), (list) => survives(list.join(''))),
    { numRuns: 2000 },
  )
})

test('a frame with some bytes changed or cut away makes a decoder throw nothing but its own errors', () => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) })
  const cases = fc.tuple(jsonValue, fc.array(change, { maxLength: 4 }), fc.nat(), fc.boolean())
  fc.assert(
    fc.property(cases, ([body, changes, cut, shortened]) => {
      const frame = sendOf(body, 1)
      for (const wire of [Buffer.from(`${jsonClientCodec.encode(frame)}`), packedBytes(frame)]) {
        const bytes = new Uint8Array(wire)
        for (const { at, to } of changes) bytes[at % bytes.length] = to
        survives(shortened ? bytes.subarray(0, cut % bytes.length) : bytes)
      }
    }),
    { numRuns: 2000 },
  )
})

function packedBytes(frame: ClientFrame): Uint8Array {
  const wire = msgpackClientCodec.encode(frame)
  assert.ok(wire instanceof Uint8Array)
  return wire
}

test('sec reaches a JSON peer as it was meant: bytes as base64, and nothing that JSON has no word for', () => {
  const send = (sec: unknown): Wire =>
    encode({ op: 'send', id: 'm', to: 'bob', type: 'text', n: 1, body: 'hi', sec }, { useBigInt64: true })
  const passedOn = (sec: unknown): unknown => {
    const [frame] = msgpackHubCodec.decode(send(sec))
    assert.ok(frame?.op === 'send')
    const { id, to, type } = frame
    const body = { format: 'value', value: 'hi' } as const
    const wire = jsonHubCodec.encode({
      op: 'deliver',
      seq: 1,
      id,
      from: 'alice',
      to,
      type,
      ts: 1,
      sec: frame.sec,
      body,
    })
    const [delivered] = jsonClientCodec.decode(wire)
    assert.ok(delivered?.op === 'deliver')
    return delivered.sec
  }
  assert.deepEqual(passedOn({ by: ['k1', new Uint8Array([1, 2, 3])] }), { by: ['k1', 'AQID'] })
  assert.throws(() => passedOn({ most: Number.POSITIVE_INFINITY }), { code: 'unrepresentable' })
})

test('an array of too many frames is refused before anything is made of them', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`)
  const frames = Array.from({ length: 257 }, () => ({ op: 'ping', deep }))
  assert.throws(() => jsonHubCodec.decode(JSON.stringify(frames)), { code: 'frame_too_large' })
  assert.throws(() => msgpackHubCodec.decode(encode(frames)), { code: 'frame_too_large' })
})

test('integers that no number holds leave a client digit by digit, in either dialect', () => {
  const value = { least: -(2n ** 63n), most: 2n ** 64n - 1n, odd: 2n ** 53n + 1n, small: 1_700_000_000_000, pi: 3.5 }
  const text =
    '{"least":-9223372036854775808,"most":18446744073709551615,"odd":9007199254740993,"small":1700000000000,"pi":3.5}'
  for (const headers of [undefined, { a: 'b' }]) {
    const frameOf = (form: BodyForm): ClientFrame => ({
      ...sendOf(toBodyValue('dict', value, form), 1, 'dict'),
      ...(headers && { headers }),
    })
    for (const sent of [
      jsonHubCodec.decode(jsonClientCodec.encode(frameOf('json'))),
      msgpackHubCodec.decode(msgpackClientCodec.encode(frameOf('exact'))),
    ]) {
      const [read] = sent
      assert.ok(read && 'body' in read && read.body && read.body.format !== 'value')
      const { bytes } = convertBody({ type: 'dict', body: read.body }, 'json')
      assert.equal(new TextDecoder().decode(bytes), text)
    }
  }
})

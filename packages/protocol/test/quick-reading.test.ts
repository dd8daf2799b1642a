import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import { type ClientFrame, jsonClientCodec, type SendFrame } from '@posthouse/protocol'
import { msgpackClientCodec } from '@posthouse/protocol/msgpack'
import fc from 'fast-check'
import { skipAsciiWords } from '../src/frame/four-bytes.ts'
import { readThoroughly as readAnyJson } from '../src/json/json-hub-codec.ts'
import { readQuickly as readJson } from '../src/json/json-quick.ts'
import { skipPlain } from '../src/json/json-skip.ts'
import { readThoroughly as readAnyMsgpack } from '../src/message-pack/msgpack-hub-codec.ts'
import { readQuickly as readMsgpack } from '../src/message-pack/msgpack-quick.ts'
import { spellingsOf, type Vector, vectorsOf } from './vectors.ts'

const dialects = {
  json: { quickly: readJson, thoroughly: readAnyJson, codec: jsonClientCodec },
  msgpack: { quickly: readMsgpack, thoroughly: readAnyMsgpack, codec: msgpackClientCodec },
} as const
const both = Object.entries(dialects)
const runs = { numRuns: 500 }

/** What the quick reader takes, it must take as the thorough one does. */
function agrees({ quickly, thoroughly }: (typeof dialects)['json' | 'msgpack'], wire: Uint8Array): boolean {
  const frames = quickly(wire)
  if (frames === undefined) return false
  assert.deepEqual(frames, thoroughly(wire))
  return true
}

const text = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).filter((each) => each.isWellFormed())
const name = fc.oneof(fc.constantFrom('bob', 'client-7', '李雷', 'group:a b', 'all'), text)
const wholeNumber = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 999_999_999_999_999 }))
const plainValue = fc
  .jsonValue({ maxDepth: 5, stringUnit: 'binary' })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
const send = fc
  .record(
    {
      id: text,
      to: name,
      type: fc.constantFrom('text' as const, 'dict' as const, 'x-any' as const),
      n: wholeNumber,
      qos: fc.constantFrom(0 as const, 1 as const),
      ttlMs: wholeNumber,
      replyTo: name,
      receipts: fc.boolean(),
      whenOffline: fc.constantFrom('store' as const, 'error' as const, 'drop' as const),
      deliverAt: wholeNumber,
      priority: fc.integer({ min: 0, max: 9 }),
      retain: fc.boolean(),
      headers: fc.dictionary(text, text, { maxKeys: 3 }),
      sec: plainValue,
      body: plainValue,
    },
    { requiredKeys: ['id', 'to', 'type', 'body'] },
  )
  .map(({ body, ...fields }): SendFrame => ({ op: 'send', ...fields, body: { format: 'value', value: body } }))
  .filter((frame) => !JSON.stringify(frame).includes('__proto__'))
const ack = fc
  .record({ seq: wholeNumber, stream: fc.constantFrom(undefined, 'all', 'channel:a.*', 'queue:李雷') })
  .map(({ seq, stream }): ClientFrame => ({ op: 'ack', ...(stream !== undefined && { stream }), seq }))
const request = fc
  .record(
    {
      id: text,
      to: fc.oneof(fc.constant('hub'), name),
      method: fc.oneof(fc.constantFrom('get', 'user.get', '查询'), text),
      timeoutMs: fc.oneof(wholeNumber, fc.constantFrom(0, 86_400_000, 86_400_001)),
      body: plainValue,
    },
    { requiredKeys: ['id', 'to', 'method'] },
  )
  .map(({ body, ...fields }): ClientFrame => ({ op: 'request', ...fields, ...bodyWith(body) }))
const response = fc
  .record({ id: text, part: fc.nat(3), end: fc.boolean(), body: plainValue }, { requiredKeys: ['id'] })
  .map(({ body, ...fields }): ClientFrame => ({ op: 'response', ...fields, ...bodyWith(body) }))
const bodyWith = (value: unknown): object => (value === undefined ? {} : { body: { format: 'value', value } })
/** Text that JSON spells without escapes. */
const unescaped = /^[^"\\\p{Cc}]*$/u

for (const [dialect, reader] of both) {
  describe(dialect, () => {
    test('what clients ordinarily say is read quickly, and right', () => {
      fc.assert(
        fc.property(fc.array(fc.oneof(send, ack), { minLength: 1, maxLength: 6 }), (frames) => {
          const wire = Buffer.from(reader.codec.join(frames.map((frame) => reader.codec.encode(frame))))
          const plain = frames.every((frame) => frame.op !== 'send' || isUnescaped(frame))
          assert.ok(agrees(reader, wire) || !plain)
        }),
        runs,
      )
    })

    test('calls and whole answers are read quickly, and right', () => {
      fc.assert(
        fc.property(fc.array(fc.oneof(request, response), { minLength: 1, maxLength: 6 }), (frames) => {
          const wire = Buffer.from(reader.codec.join(frames.map((frame) => reader.codec.encode(frame))))
          assert.ok(agrees(reader, wire) || !frames.every(isUsualCall))
        }),
        runs,
      )
    })

    test('a full array of frames is read quickly, one more is not', () => {
      const frames = Array.from({ length: 257 }, () => reader.codec.encode({ op: 'ack', seq: 1 }))
      assert.ok(agrees(reader, Buffer.from(reader.codec.join(frames.slice(1)))))
      assert.equal(reader.quickly(Buffer.from(reader.codec.join(frames))), undefined)
    })

    test('of every vector the quick reader says what the thorough one says, or nothing', () => {
      const files = ['frames.json', 'arrays.json', 'spellings.json', 'invalid.json', 'limits.json', 'bodies.json']
      for (const vector of files.flatMap((file) => vectorsOf<Vector>(file))) {
        for (const { dialect: spoken, wire } of spellingsOf(vector)) {
          if (spoken === dialect && typeof wire !== 'string') agrees(reader, wire)
        }
      }
    })

    test('of a frame with some bytes changed or cut away the quick reader says the same, or nothing', () => {
      const change = fc.record({ at: fc.nat(), to: fc.oneof(fc.nat(255), fc.constantFrom(...'"\\{}[],:0-.eu1')) })
      fc.assert(
        fc.property(
          fc.oneof(send, request, response),
          fc.array(change, { maxLength: 3 }),
          fc.option(fc.nat()),
          (frame, changes, cut) => {
            const bytes = Buffer.from(reader.codec.encode(frame))
            for (const { at, to } of changes) bytes[at % bytes.length] = typeof to === 'number' ? to : to.charCodeAt(0)
            agrees(reader, cut === null ? bytes : bytes.subarray(0, cut % bytes.length))
          },
        ),
        { numRuns: 5000 },
      )
    })
  })
}

/** Short enough for the shortest form of a MessagePack map, too. */
function isUnescaped(frame: SendFrame): boolean {
  const { id, to, replyTo = '' } = frame
  return [id, to, replyTo].every((each) => unescaped.test(each)) && Object.keys(frame).length < 16
}

/** One whose texts need no escapes, that is whole, and whose time is in bounds. */
function isUsualCall(frame: ClientFrame): boolean {
  if (frame.op === 'response') return frame.part === undefined && frame.end === undefined && unescaped.test(frame.id)
  if (frame.op !== 'request') return false
  const { id, to, method, timeoutMs = 1 } = frame
  return timeoutMs > 0 && timeoutMs <= 86_400_000 && [id, to, method].every((each) => unescaped.test(each))
}

test('JSON is read quickly in any order and with any space between its tokens', () => {
  const members = ['"op":"send"', '"id":"m-1"', '"to":"bob"', '"type":"x-a"', '"n":12', '"body":[1,{"a":null}]']
  fc.assert(
    fc.property(fc.shuffledSubarray(members, { minLength: 6 }), fc.stringMatching(/^[ \t\r\n]{0,3}$/), (list, gap) => {
      const frame = `{${gap}${list.map((member) => member.replace(':', `${gap}:${gap}`)).join(`${gap},${gap}`)}${gap}}`
      assert.ok(agrees(dialects.json, Buffer.from(`${gap}${frame}${gap}`)))
      assert.ok(agrees(dialects.json, Buffer.from(`${gap}[${gap}${frame}${gap},${frame}]${gap}`)))
    }),
    runs,
  )
})

const around = (body: string): Buffer =>
  Buffer.from(`{"op":"send","id":"m","to":"b","type":"x-a","n":1,"body":${body}}`)

test('a body that is valid JSON is read quickly, whatever it is', () => {
  const bodies = [
    ...['0', '-0', '1.5', '-10.25e+3', '1E-7', '123456789012345678901234567890', 'true', 'false', 'null', '""', '[]'],
    ...['{}', '[ ]', '{ }', '"\\u00e9\\ud800\\n\\/"', '"é€😀\u{10ffff}"', '{"a":1,"\\u0061":2,"__proto__":3}'],
    ...['[[],[[]],{"a":[{}]}]', `${'['.repeat(63)}${']'.repeat(63)}`, '" \u007f"', '{"":""}'],
  ]
  for (const body of bodies) assert.ok(agrees(dialects.json, around(body)), body)
})

test('a body that is not valid is declined, so that the thorough reader refuses it', () => {
  const bodies = [
    ...['', '01', '1.', '.5', '-', '+1', '1e', '1e+', '0x1', 'NaN', 'tru', 'truex', 'nul', '"', '"\\x"', '"\\u12g4"'],
    ...['"\t"', '"\u0000"', '[1,]', '[,1]', '[1 2]', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', "'a'", '[1', '{"a":1'],
    ...['1 2', '[]]', '{}}', '"a""b"', `${'['.repeat(64)}${']'.repeat(64)}`, '1\u00a0', '\ufeff1', '[1}', '{"a":1]'],
  ]
  for (const body of bodies) {
    assert.equal(readJson(around(body)), undefined, body)
    assert.throws(() => readAnyJson(around(body)), { name: 'PosthouseError' }, body)
  }
})

test('no name, and a name with a NUL before it, is another name', () => {
  assert.equal(readMsgpack(encode({ op: 'send', id: 'm', to: 'b', type: 'text', body: '', '': 0x6e })), undefined)
  const frame = { op: 'send', id: 'm', to: 'b', type: 'text', body: '', '\0n': 1 }
  assert.equal(readMsgpack(encode(frame)), undefined)
  assert.equal(readMsgpack(encode({ op: '\0ack', seq: 1 })), undefined)
})

test('in long text the first byte to stop at is found, wherever it stands and whatever follows', () => {
  const stops = [0x00, 0x1f, 0x22, 0x5c, 0x80, 0xa2, 0xdc, 0xff]
  const near = [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7e, 0x7f]
  const cases = fc.record({
    before: fc.nat(3),
    text: fc.array(fc.constantFrom(...near), { minLength: 240, maxLength: 600 }),
    after: fc.array(fc.constantFrom(...stops, ...near), { minLength: 1, maxLength: 9 }),
    missing: fc.boolean(),
  })
  fc.assert(
    fc.property(cases, ({ before, text: list, after, missing }) => {
      const lead = Array.from({ length: before }, () => 0x22)
      const bytes = Uint8Array.from([...lead, ...list, ...(missing ? [] : after)]).subarray(before)
      const plainEnd = bytes.findIndex((byte) => stops.includes(byte))
      assert.equal(skipPlain(bytes, 0), plainEnd < 0 ? bytes.length : plainEnd)
      const wide = bytes.findIndex((byte) => byte >= 0x80)
      const words = skipAsciiWords(bytes, 0, bytes.length)
      assert.ok(words >= 0 && words <= (wide < 0 ? bytes.length : wide) && words > (wide < 0 ? bytes.length : wide) - 8)
    }),
    { numRuns: 2000 },
  )
})

test('long bodies are read quickly, and right, in both dialects', () => {
  const piece = fc.constantFrom('a', 'plain text ', 'é', '李', '😀', '"', '\\', '\n', '\u0000')
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.integer({ min: 1, max: 300 })), { maxLength: 6 }), (pieces) => {
      const value = pieces.map(([each, times]) => each.repeat(times)).join('')
      const frame: ClientFrame = { op: 'send', id: 'm', to: 'b', type: 'text', n: 1, body: { format: 'value', value } }
      for (const [, reader] of both) assert.ok(agrees(reader, Buffer.from(reader.codec.encode(frame))))
    }),
    runs,
  )
})

test('a string that is not UTF-8 is declined in both dialects', () => {
  const broken = [
    '80',
    'c0af',
    'c3',
    'c328',
    'e080af',
    'e28228',
    'eda080',
    'edbfbf',
    'f0808080',
    'f09f98',
    'f4908080',
    'ff',
  ]
  for (const hex of broken) {
    const bytes = Buffer.from(hex, 'hex')
    const [head, tail] = ['"op":"send","id":"m","to":"b","type":"text","n":1,"body":"', '"'].map((each) =>
      Buffer.from(each),
    )
    const json = Buffer.concat([Buffer.from('{'), head ?? bytes, bytes, tail ?? bytes, Buffer.from('}')])
    assert.equal(readJson(json), undefined, hex)
    assert.throws(() => readAnyJson(json), { code: 'malformed_frame' })
    const fields = Buffer.from(encode({ op: 'send', id: 'm', to: 'b', type: 'text', n: 1 }))
    fields[0] = 0x86
    const packed = Buffer.concat([fields, Buffer.from('a4626f6479', 'hex'), Buffer.from([0xa0 | bytes.length]), bytes])
    assert.equal(readMsgpack(packed), undefined, hex)
    assert.throws(() => readAnyMsgpack(packed), { code: 'malformed_frame' })
  }
})

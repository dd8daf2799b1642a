import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Envelope } from '@posthouse/core'
import { type HubFrame, jsonHubCodec } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import fc from 'fast-check'
import { Packer } from '../src/door/packer.ts'
import { type Encoded, measured } from '../src/routing/encoded.ts'
import { Outgoing } from '../src/routing/outgoing.ts'
import { messagesOf } from './server-frames.ts'

const limits = { frameBytes: 100_000, framesPerArray: 20 }
const word = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  fc.constantFrom('"', '\\', 'a\u007f', '\ud800', 'ü'),
)
const body = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constant('x'.repeat(40_000)))
const envelopes = fc.record({
  id: word,
  from: word,
  to: word,
  text: body,
  ts: fc.nat(2 ** 42),
  seq: fc.option(fc.nat(), { nil: undefined }),
})

function envelopeOf({
  id,
  from,
  to,
  text,
  ts,
}: {
  id: string
  from: string
  to: string
  text: string
  ts: number
}): Envelope {
  return { id, from, to, type: 'text', ts, qos: 1, body: { format: 'json', bytes: Buffer.from(JSON.stringify(text)) } }
}

/** The text of a frame that has come out of a packer by itself. */
function textOf(encoded: Encoded): string {
  const [message] = messagesOf(Buffer.concat(new Packer('single', limits).pack([encoded])))
  return String(message?.payload)
}

suite('a delivery from JSON to JSON', () => {
  test('is what the codec writes, byte for byte', () => {
    fc.assert(
      fc.property(envelopes, ({ seq, ...fields }) => {
        const envelope = envelopeOf(fields)
        const { id, from, to, type, ts } = envelope
        const frame: HubFrame = {
          op: 'deliver',
          ...(seq !== undefined && { seq }),
          id,
          from,
          to,
          type,
          ts,
          body: envelope.body,
        }
        const encoded = new Outgoing(envelope, seq).encoded('json', 1_000_000)
        assert.equal(textOf(encoded), jsonHubCodec.encode(frame))
        assert.equal(encoded.bytes, Buffer.byteLength(jsonHubCodec.encode(frame)))
      }),
    )
  })

  test('says the rarer fields, too', () => {
    const envelope: Envelope = {
      ...envelopeOf({ id: 'i', from: 'f', to: 't', text: 'b', ts: 1 }),
      headers: { a: 'b' },
      replyTo: 'r',
      sec: { x: 1 },
    }
    assert.deepEqual(JSON.parse(textOf(new Outgoing(envelope).encoded('json', 1000))), {
      op: 'deliver',
      id: 'i',
      from: 'f',
      to: 't',
      type: 'text',
      ts: 1,
      headers: { a: 'b' },
      replyTo: 'r',
      sec: { x: 1 },
      body: 'b',
    })
  })
})

suite('a packer', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    const codec = dialect === 'json' ? jsonHubCodec : msgpackHubCodec
    test(`makes ${dialect} arrays as the codec joins them, within the limits`, () => {
      fc.assert(
        fc.property(fc.array(envelopes, { minLength: 1, maxLength: 50 }), (list) => {
          const frames = list.map(({ seq, ...fields }) =>
            new Outgoing(envelopeOf(fields), seq).encoded(dialect, 1_000_000),
          )
          const alone = frames.map((frame) => messagesOf(Buffer.concat(new Packer('single', limits).pack([frame])))[0])
          const messages = messagesOf(Buffer.concat(new Packer(dialect, limits).pack(frames)))
          let next = 0
          for (const { payload, binary } of messages) {
            assert.equal(binary, dialect === 'msgpack')
            assert.ok(payload.length <= limits.frameBytes)
            const held = alone
              .slice(next, next + framesIn(payload, dialect))
              .map((message) => message?.payload ?? Buffer.alloc(0))
            next += held.length
            const joined = codec.join(held.map((each) => (dialect === 'json' ? String(each) : each)))
            assert.ok(payload.equals(Buffer.from(joined)))
            assert.ok(held.length <= limits.framesPerArray)
          }
          assert.equal(next, frames.length)
        }),
        { numRuns: 50 },
      )
    })
  }

  test('spells every length right, and leaves nothing out where it begins to copy no more', () => {
    const lengths = [0, 125, 126, 127, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537]
    for (const length of lengths.flatMap((each) => [each - 80, each - 60, each - 2, each - 1, each, each + 1])) {
      if (length < 0) continue
      for (const text of ['x'.repeat(length), 'é'.repeat(length / 2)]) {
        const fields = { id: 'ü"', from: 'f', to: 't', text, ts: 1 }
        const frames = [1, 2].map((seq) => new Outgoing(envelopeOf(fields), seq).encoded('json', 1_000_000))
        for (const dialect of ['single', 'json'] as const) {
          const packed = new Packer(dialect, { ...limits, frameBytes: 1_000_000 }).pack(frames)
          const read = messagesOf(Buffer.concat(packed)).flatMap(
            ({ payload }) => JSON.parse(String(payload)) as unknown,
          )
          assert.deepEqual(
            read,
            [1, 2].map((seq) => {
              return { op: 'deliver', seq, id: 'ü"', from: 'f', to: 't', type: 'text', ts: 1, body: text }
            }),
          )
        }
      }
    }
  })

  test('copies nothing that is large', () => {
    const large = Buffer.alloc(40_000)
    const pieces = new Packer('msgpack', limits).pack([
      measured(Buffer.from([0x80])),
      measured(large),
      measured(Buffer.from([0x80])),
    ])
    assert.ok(pieces.includes(large))
    assert.deepEqual(
      messagesOf(Buffer.concat(pieces)).map(({ payload }) => payload.length),
      [40_003],
    )
  })

  test('lets receivers of the same frames share what it made, until it is told to forget', () => {
    const packer = new Packer('json', limits)
    const [one, two] = [measured('{"op":"ping"}'), measured('{"op":"pong"}')]
    const packed = packer.pack([one, two])
    assert.equal(packer.pack([one, two]), packed)
    assert.notEqual(packer.pack([one]), packed)
    assert.notEqual(packer.pack([two, one]), packed)
    const again = packer.pack([one, two])
    assert.deepEqual(again, packed)
    packer.forget()
    assert.notEqual(packer.pack([one, two]), again)
  })
})

/** How many frames a WebSocket message holds. */
function framesIn(payload: Buffer, dialect: 'json' | 'msgpack'): number {
  if (dialect === 'msgpack') {
    const first = payload[0] ?? 0
    if (first === 0xdc) return payload.readUInt16BE(1)
    return (first & 0xf0) === 0x90 ? first & 0x0f : 1
  }
  const value: unknown = JSON.parse(String(payload))
  return Array.isArray(value) ? value.length : 1
}

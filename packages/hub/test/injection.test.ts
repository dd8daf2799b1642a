import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { decode, encode } from '@msgpack/msgpack'
import { isPosthouseError } from '@posthouse/core'
import { type ClientFrame, type Dialect, jsonClientCodec, jsonHubCodec, type SendFrame } from '@posthouse/protocol'
import { bodyToValue } from '@posthouse/protocol/bodies'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { Packer } from '../src/door/packer.ts'
import { envelopeOf } from '../src/peers/incoming-envelope.ts'
import { type Encoded, measured } from '../src/routing/encoded.ts'
import { Outgoing } from '../src/routing/outgoing.ts'
import { messagesOf } from './server-frames.ts'

const limits = { frameBytes: 1_048_576, framesPerArray: 256 }
const hubs = { json: jsonHubCodec, msgpack: msgpackHubCodec }
const clients = { json: jsonClientCodec, msgpack: msgpackClientCodec }
const encoders = {
  json: (value: object) => Buffer.from(JSON.stringify(value)),
  msgpack: (value: object) => encode(value),
}
const plainly = {
  json: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
  msgpack: (bytes: Buffer) => decode(Uint8Array.from(bytes)),
}
const v1 = ['json', 'msgpack'] as const
/** What a receiver is sent before and behind a delivery. */
const neighbour = { op: 'pong', id: 'neighbour' } as const

/** A copy of a message among bytes that would change what it says, were they read. */
function placed(bytes: Uint8Array, offset: number): Uint8Array {
  const memory = Buffer.alloc(bytes.length + 16, offset % 2 === 0 ? '"}],' : Buffer.from([0xa1, 0x6e, 0x01]))
  memory.set(bytes, offset)
  return memory.subarray(offset, offset + bytes.length)
}

const all = Array.from({ length: 256 }, (_, byte) => byte)
/** What the head of something may become, and what ends a text or must not be in it. */
const suspects = [0x00, 0x1f, 0x22, 0x5c, 0x5d, 0x7d, 0x80, 0xc4, 0xd9, 0xff]

/** The message with each of its bytes replaced by each other one, and cut off everywhere; a long one by some others. */
function* mutants(message: Uint8Array): Iterable<Uint8Array> {
  const bytes = Uint8Array.from(message)
  for (const [at, kept] of message.entries()) {
    for (const byte of message.length > 200 ? suspects : all) {
      bytes[at] = byte
      yield placed(bytes, (at + byte) & 7)
    }
    bytes[at] = kept
    yield placed(bytes.subarray(0, at), at & 7)
  }
}

/** What the hub reads; nothing where it closes the connection instead. */
function read(dialect: 'json' | 'msgpack', message: Uint8Array): readonly SendFrame[] {
  return (refusable(() => hubs[dialect].decode(message)) ?? []).filter((frame): frame is SendFrame => isSend(frame))
}

function isSend(frame: { readonly op: string }): frame is ClientFrame & SendFrame {
  return frame.op === 'send'
}

function refusable<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch (error) {
    if (isPosthouseError(error)) return undefined
    throw error
  }
}

/** What a receiver is written at the end of a tick, as it decodes it without knowing our codecs. */
function received(dialect: 'json' | 'msgpack', delivery: Encoded): Buffer {
  const around = measured(hubs[dialect].encode(neighbour))
  const packed = Buffer.concat(new Packer(dialect, limits).pack([around, delivery, around]))
  const [message, ...more] = messagesOf(packed)
  assert.ok(message !== undefined && more.length === 0)
  return message.payload
}

/** Proves that everybody who gets the message gets it from its sender, once, as it was meant, and nothing else. */
function assertDelivered(frame: SendFrame): void {
  const envelope = refusable(() => envelopeOf(frame, 'mallory', 7))
  if (envelope === undefined) return
  const outgoing = new Outgoing(envelope, 3)
  const { id, to, type } = envelope
  for (const dialect of v1) {
    const delivery = refusable(() => outgoing.encoded(dialect, limits.frameBytes))
    if (delivery === undefined) continue
    const payload = received(dialect, delivery)
    const [ahead, delivered, behind, ...more] = plainly[dialect](payload) as Record<string, unknown>[]
    assert.deepEqual([ahead, behind, more], [neighbour, neighbour, []])
    assert.ok(delivered !== undefined)
    const { body, ...head } = delivered
    const { headers, replyTo, sec, ...rest } = head
    assert.deepEqual(rest, { op: 'deliver', seq: 3, id, from: 'mallory', to, type, ts: 7 })
    assert.deepEqual([headers, replyTo], [frame.headers, envelope.replyTo])
    if (envelope.body.format === dialect) assert.deepEqual([body, sec], [bodyToValue(envelope), frame.sec])
    const frames = clients[dialect].decode(payload)
    assert.deepEqual(
      frames.map(({ op }) => op),
      ['pong', 'deliver', 'pong'],
    )
  }
  refusable(() => outgoing.encoded('cross_comm' satisfies Dialect, limits.frameBytes))
}

const fields = { op: 'send', id: 'm-1', to: 'bob', type: 'text', n: 12 }
const long = `${'x'.repeat(270)}"}`
const values: readonly object[] = [
  { ...fields, body: 'a "quoted" \\ é😀' },
  { ...fields, id: 'é😀', to: '李雷', type: 'x-a.b', body: { op: 'deliver', a: [1, -2.5, true, null], '}': '"' } },
  [
    { op: 'ack', seq: 1 },
    { ...fields, type: 'dict', body: {} },
    { ...fields, n: 13, body: '' },
  ],
  { ...fields, replyTo: 'r', headers: { a: 'b' }, sec: { k: [1] }, ttlMs: 9, body: 'x' },
  { ...fields, body: long },
]

suite('whatever a client makes of a message', () => {
  const { stackTraceLimit } = Error
  // Refusals are the rule here, and most of their time goes into stacks that nobody reads.
  before(() => {
    Error.stackTraceLimit = 0
  })
  after(() => {
    Error.stackTraceLimit = stackTraceLimit
  })

  for (const dialect of v1) {
    test(`in ${dialect}, its receivers get what the hub has read, from its sender`, () => {
      let taken = 0
      for (const mutant of values.flatMap((value) => [...mutants(encoders[dialect](value))])) {
        const frames = read(dialect, mutant)
        for (const frame of frames) assertDelivered(frame)
        taken += frames.length
      }
      assert.ok(taken > 10_000, `${taken}`)
    })
  }
})

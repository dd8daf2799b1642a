import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decode, encode } from '@msgpack/msgpack'
import { isPosthouseError } from '@posthouse/core'
import type { BadFrame, ClientFrame } from '@posthouse/protocol'
import { readThoroughly as readAnyJson } from '../src/json/json-hub-codec.ts'
import { readQuickly as readJson } from '../src/json/json-quick.ts'
import { readThoroughly as readAnyMsgpack } from '../src/message-pack/msgpack-hub-codec.ts'
import { readQuickly as readMsgpack } from '../src/message-pack/msgpack-quick.ts'
import { isSound } from '../src/message-pack/msgpack-skip.ts'
import { placed } from './placed.ts'

type Frames = readonly (ClientFrame | BadFrame)[]

/** The readers of a dialect, and its own parser, which knows nothing of frames. */
interface Reading {
  readonly quickly: (bytes: Uint8Array) => Frames | undefined
  readonly thoroughly: (bytes: Uint8Array) => Frames
  readonly parse: (bytes: Uint8Array) => unknown
  /** Bytes that are likely to do harm where they do not belong. */
  readonly pieces: readonly number[]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const json: Reading = {
  quickly: readJson,
  thoroughly: readAnyJson,
  parse: (bytes) => JSON.parse(utf8.decode(bytes)),
  pieces: [0x00, 0x1f, 0x20, 0x22, 0x2c, 0x2e, 0x30, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x80, 0xe2, 0xff],
}
const msgpack: Reading = {
  quickly: readMsgpack,
  thoroughly: readAnyMsgpack,
  parse: (bytes) => decode(Uint8Array.from(bytes)),
  pieces: [0x00, 0x7f, 0x80, 0x81, 0x90, 0xa0, 0xa1, 0xc0, 0xc1, 0xc4, 0xc7, 0xcb, 0xcf, 0xd3, 0xd9, 0xda, 0xdc, 0xdf],
}

/** Reads a message in all ways and proves that they agree; true where it was read quickly. */
function agree({ quickly, thoroughly, parse }: Reading, message: Uint8Array, place: number): boolean {
  const bytes = placed(message, place)
  const quick = quickly(bytes)
  const thorough = outcome(() => thoroughly(bytes))
  if (quick !== undefined) assert.deepEqual(quick, thorough)
  if (thorough === undefined) return false
  const parsed = parse(message)
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  assert.equal(thorough.length, list.length)
  for (const [index, frame] of thorough.entries()) {
    if (frame.op !== 'send') continue
    assert.ok(frame.body.format !== 'value')
    assert.deepEqual({ ...(list[index] as object), ...frame, body: parse(frame.body.bytes) }, list[index])
  }
  return quick !== undefined
}

function outcome(read: () => Frames): Frames | undefined {
  try {
    return read()
  } catch (error) {
    if (isPosthouseError(error)) return undefined
    throw error
  }
}

/** Every byte replaced by every other, left out, and with something before it; and the message cut off everywhere. */
function* mutants(message: Uint8Array, pieces: readonly number[]): Iterable<Uint8Array> {
  const bytes = Uint8Array.from(message)
  for (const [at, kept] of message.entries()) {
    for (let byte = 0; byte < 256; byte++) {
      bytes[at] = byte
      yield bytes
    }
    bytes[at] = kept
    yield bytes.subarray(0, at)
    yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    for (const piece of pieces) yield Buffer.concat([bytes.subarray(0, at), Uint8Array.of(piece), bytes.subarray(at)])
  }
  for (const piece of pieces) yield Buffer.concat([bytes, Uint8Array.of(piece)])
}

/** Refusals are the rule here, and most of their time goes into stacks that nobody reads. */
function withoutStacks(run: () => void): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    run()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const fields = { op: 'send', id: 'm', to: 'bob', type: 'text', n: 12 }
const dict = { a: [1, -2.5e30, true, null], 5: '}' }
const rare = { ttlMs: 100, replyTo: 'r', headers: { a: 'b' }, sec: { k: [1] } }
const texts = [
  '{"op":"send","id":"m","to":"bob","type":"text","n":12,"body":"a\\u00e9\\"x\\\\"}',
  '{"op":"send","id":"é😀","to":"李雷","type":"x-a.b","qos":0,"body":{"a":[1,-2.5e+3,true,null,"é"]}}',
  '[{"op":"ack","seq":12},{"op":"send","id":"1","to":"b","type":"dict","n":1,"body":{}}]',
  '{"op":"send","id":"m","to":"b","type":"text","n":7,"ttlMs":9,"replyTo":"r","headers":{"a":"b"},"sec":[1],"body":""}',
  ' [ {"body" : "}" , "op":"send", "type":"text","to":"b","id":"x","n":3} , {"seq":1,"op":"ack"} ] ',
  '{"op":"send","id":"m","to":"b","type":"text","n":1,"body":"x","\\u0062ody":"z","__proto__":{"to":"e"}}',
]
const values = [
  fields,
  { ...fields, id: 'é😀', to: '李雷', type: 'x-a', body: dict },
  [
    { op: 'ack', seq: 300 },
    { ...fields, qos: 1, type: 'bytes', body: Uint8Array.of(1, 2) },
  ],
  { ...fields, n: 2 ** 52, ...rare, body: '' },
]

suite('a message in which something is wrong', () => {
  test('means in JSON what JSON.parse says, or nothing, whichever way it is read', () => {
    withoutStacks(() => {
      let place = 0
      for (const text of texts)
        for (const mutant of mutants(Buffer.from(text), json.pieces)) agree(json, mutant, place++)
    })
  })

  test('means in MessagePack what the library says, or nothing, whichever way it is read', () => {
    withoutStacks(() => {
      let place = 0
      for (const value of values) {
        for (const mutant of mutants(encode(value), msgpack.pieces)) {
          agree(msgpack, mutant, place++)
          if (isSound(placed(mutant, place))) assert.doesNotThrow(() => decode(Uint8Array.from(mutant)))
        }
      }
    })
  })

  test('means the same when a text in it ends near where a reader changes its pace', () => {
    const lengths = [56, 57, 61, 62, 63, 64, 65, 66, 250, 254, 255, 256, 257, 258, 260]
    const ends = ['', '\\"', '\\\\', '\\\\\\"', '\\\\\\\\', '\\u0022', 'é', '😀', '"', '\\', '\n', '\\x', '","to":"eve']
    withoutStacks(() => {
      for (const frame of framesWith(textsOf(lengths, ends))) {
        for (let place = 0; place < 32; place += 5) agree(json, Buffer.from(frame), place)
      }
    })
  })
})

/** Texts of so many characters that go on like this, with more or less behind it. */
function textsOf(lengths: readonly number[], ends: readonly string[]): readonly string[] {
  const begun = lengths.flatMap((length) => ends.map((end) => `${'x'.repeat(length)}${end}`))
  return begun.flatMap((text) => [text, `${text}${'y'.repeat(9)}`, `${text}${'z'.repeat(300)}`])
}

/** Frames with a text as their body, and as the name of a member. */
function framesWith(bodies: readonly string[]): readonly string[] {
  const rest = '"op":"send","id":"m","to":"b","type":"text","n":1'
  return bodies.flatMap((text) => [`{"body":"${text}",${rest}}`, `{"${text}":1,"body":"b",${rest}}`])
}

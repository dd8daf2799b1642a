import { deepStrictEqual as deepEqual } from 'node:assert/strict'
import { base64ToBytes, type Envelope, isPosthouseError, parseAddress, readMessage } from '@posthouse/core'
import {
  type BadFrame,
  type ClientFrame,
  type Codec,
  fromBodyValue,
  type HubFrame,
  jsonClientCodec,
  jsonHubCodec,
  type RequestFrame,
  type ResponseFrame,
  readPartFrame,
  type SendFrame,
  type Wire,
} from '@posthouse/protocol'
import { bodyJson, bodyToValue, convertBody } from '@posthouse/protocol/bodies'
import { crossCommDelivery, decodeCrossComm, sniffDialect } from '@posthouse/protocol/cross-comm'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { readThoroughly as readJsonThoroughly } from '../../packages/protocol/src/json/json-hub-codec.ts'
import { readQuickly as readJsonQuickly } from '../../packages/protocol/src/json/json-quick.ts'
import { readThoroughly as readMsgpackThoroughly } from '../../packages/protocol/src/message-pack/msgpack-hub-codec.ts'
import { readQuickly as readMsgpackQuickly } from '../../packages/protocol/src/message-pack/msgpack-quick.ts'
import { placed } from '../../packages/protocol/test/placed.ts'
import { framesRead } from './frames.ts'
import type { Language } from './inputs.ts'

/** A decoder under test. It may return anything and throw nothing but a `PosthouseError`. */
export interface Target {
  readonly name: string
  readonly run: (input: Uint8Array) => unknown
}

const clients = { json: jsonClientCodec, msgpack: msgpackClientCodec }
const hubs = { json: jsonHubCodec, msgpack: msgpackHubCodec }
const quickly = { json: readJsonQuickly, msgpack: readMsgpackQuickly }
const thoroughly = { json: readJsonThoroughly, msgpack: readMsgpackThoroughly }
const utf8 = new TextDecoder()

const v1 = (dialect: 'json' | 'msgpack', wireOf: (input: Uint8Array) => Wire): readonly Target[] => [
  { name: `${dialect} at the hub`, run: (input) => passedOn(hubs[dialect].decode(wireOf(input))) },
  { name: `${dialect} read quickly`, run: (input) => readTwice(dialect, input) },
  { name: `${dialect} at a client`, run: (input) => opened(clients[dialect].decode(input).map(readPartFrame)) },
]

/** The decoders that inputs of each language are given to. */
export const targets: Readonly<Record<Language, readonly Target[]>> = {
  json: [
    // Decoders take text too, as it comes from other transports.
    ...v1('json', (input) => (input.length % 4 === 0 ? utf8.decode(input) : input)),
    { name: 'sniffing', run: (input) => sniffDialect(input) },
    { name: 'readMessage', run: (input) => readMessage(utf8.decode(input)).json() },
  ],
  msgpack: v1('msgpack', (input) => input),
  cross_comm: [
    { name: 'cross_comm', run: relayed },
    { name: 'sniffing text', run: (input) => sniffDialect(utf8.decode(input)) },
    { name: 'parseAddress', run: (input) => parseAddress(utf8.decode(input)) },
    { name: 'base64ToBytes', run: (input) => base64ToBytes(utf8.decode(input)) },
  ],
  web_socket: [{ name: 'frames of a WebSocket', run: framesRead }],
}

/**
 * Runs a decoder on an input in the midst of other memory; returns what it made, or the refusal. Anything else that is thrown
 * goes on.
 */
export function attempt(target: Target, input: Uint8Array): unknown {
  try {
    return target.run(placed(input, placeOf(input)))
  } catch (error) {
    if (isPosthouseError(error)) return error
    throw error
  }
}

/** A place that the same input has each time. */
function placeOf(input: Uint8Array): number {
  let sum = 0
  for (const byte of input) sum += byte
  return sum
}

/** What is read quickly means the same as when it is read thoroughly. */
function readTwice(dialect: 'json' | 'msgpack', input: Uint8Array): unknown {
  const quick = quickly[dialect](input)
  if (quick !== undefined) deepEqual(quick, thoroughly[dialect](input))
  return quick
}

/** What the hub takes, every client must be able to read, in either dialect, unless it is refused by name. */
function passedOn(frames: readonly (ClientFrame | BadFrame)[]): unknown {
  for (const frame of frames) {
    for (const to of ['json', 'msgpack'] as const) {
      if (frame.op === 'send') deliver(frame, to)
      if (frame.op === 'request' || frame.op === 'response') passCall(frame, to)
    }
  }
  return frames
}

function passCall(frame: RequestFrame | ResponseFrame, dialect: 'json' | 'msgpack'): void {
  const { body } = frame
  if (body?.format === 'value') throw new Error('the hub decoded a body')
  const wire = refusable(() => {
    return hubs[dialect].encode(body ? { ...frame, body: convertBody({ type: 'x-call', body }, dialect) } : frame)
  })
  if (wire === undefined) return
  const [read, ...more] = clients[dialect].decode(wire).map(readPartFrame)
  if (read?.op !== frame.op || more.length > 0 || read.id !== frame.id) {
    throw new Error(`a ${dialect} client cannot read what the hub makes of a ${frame.op}`)
  }
}

function deliver(frame: SendFrame, dialect: 'json' | 'msgpack'): void {
  if (frame.body.format === 'value') throw new Error('the hub decoded a body')
  const { id, to, type, headers, replyTo, sec } = frame
  const envelope: Envelope = { id, from: 'a', to, type, body: frame.body, qos: 1, ts: 1 }
  refusable(() => crossCommDelivery(envelope, bodyJson))
  refusable(() => bodyToValue(envelope))
  const wire = refusable(() =>
    hubs[dialect].encode({
      op: 'deliver',
      seq: 1,
      id,
      from: 'a',
      to,
      type,
      ts: 1,
      body: convertBody(envelope, dialect),
      ...(headers && { headers }),
      ...(replyTo !== undefined && { replyTo }),
      ...(sec !== undefined && { sec }),
    }),
  )
  if (wire === undefined) return
  const [delivered, ...more] = clients[dialect].decode(wire).map(readPartFrame)
  if (delivered?.op !== 'deliver' || more.length > 0 || delivered.id !== id) {
    throw new Error(`a ${dialect} client cannot read what the hub makes of it`)
  }
  if (plain(delivered.sec) !== plain(sec)) throw new Error(`sec became ${plain(delivered.sec)} for a ${dialect} client`)
}

/** A value as text that is the same in all dialects. */
function plain(value: unknown): string {
  const text = JSON.stringify([value], function (this: Record<string, unknown>, key: string, member: unknown) {
    const raw = this[key]
    return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : member
  })
  // Half a surrogate pair is spelled as an escape; MessagePack carries U+FFFD for it.
  return text.replaceAll(/\\ud[89a-f]../g, '\ufffd')
}

/** What a client decodes can be handed to its handlers. */
function opened(frames: ReturnType<Codec<HubFrame, ClientFrame>['decode']>): unknown {
  for (const frame of frames) {
    if (frame.op === 'deliver' && frame.body.format === 'value') {
      const { type, body } = frame
      refusable(() => fromBodyValue(type, body.value))
    }
  }
  return frames
}

function relayed(input: Uint8Array): unknown {
  const frame = decodeCrossComm(input)
  const { type } = frame
  if (!isUserType(type)) return frame
  const envelope: Envelope = {
    id: frame.id ?? 'made',
    from: 'a',
    to: 'b',
    type,
    body: { format: 'cross_comm', bytes: frame.bytes },
    qos: 1,
    ts: 1,
  }
  decodeCrossComm(crossCommDelivery(envelope, bodyJson))
  for (const dialect of ['json', 'msgpack'] as const) {
    refusable(() => convertBody(envelope, dialect))
    deliver({ op: 'send', id: envelope.id, to: 'b', type, body: convertedOr(envelope, dialect) }, dialect)
  }
  return frame
}

function convertedOr(envelope: Envelope, dialect: 'json' | 'msgpack'): Envelope['body'] {
  return refusable(() => convertBody(envelope, dialect)) ?? { format: 'json', bytes: new Uint8Array([0x31]) }
}

function isUserType(type: string): type is 'text' | 'json' | 'dict' | 'bytes' | 'image' | 'file' | 'folder' {
  return ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'].includes(type)
}

/** What came of it; nothing where it was refused by name. */
function refusable<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch (error) {
    if (isPosthouseError(error)) return undefined
    throw error
  }
}

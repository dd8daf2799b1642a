import { strict as assert } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decode } from '@msgpack/msgpack'
import { isPosthouseError, PosthouseError } from '@posthouse/core'
import type { BadFrame, Frame } from '@posthouse/protocol'
import { type Convertible, convertBody } from '../src/bodies.ts'
import {
  type ArrayVector,
  type BodyVector,
  canonical,
  clientCodec,
  type FrameVector,
  frameToDeliver,
  frameToSend,
  hubCodec,
  plainFrame,
  type RefusalVector,
  receiverOf,
  spellingsOf,
  type Vector,
  vectorsOf,
} from './vectors.ts'

const frames = vectorsOf<FrameVector>('frames.json')
const arrays = vectorsOf<ArrayVector>('arrays.json')
const dialects = ['json', 'msgpack'] as const

test('every vector cites a clause of the contract', () => {
  const contract = readFileSync(new URL('../../../spec/protocol.md', import.meta.url), 'utf8')
  const clauses = new Set(Array.from(contract.matchAll(/^\* \*\*([\d.]+)\*\*/gm), ([, clause]) => clause))
  const files = ['frames.json', 'arrays.json', 'spellings.json', 'invalid.json', 'limits.json', 'bodies.json']
  for (const { name, clause } of files.flatMap((file) => vectorsOf<Vector>(file))) {
    assert.ok(clauses.has(clause), `${name} cites ${clause}`)
  }
})

for (const vector of [...frames, ...vectorsOf<FrameVector>('spellings.json')]) {
  test(`the frame is read from every spelling: ${vector.from}, ${vector.name}`, () => {
    for (const { dialect, how, wire } of spellingsOf(vector)) {
      const read = receiverOf(vector.from, dialect).decode(wire).map(plainFrame)
      assert.deepEqual(read, [canonical(vector.frame, dialect)], `${dialect} as ${how}`)
    }
  })
}

for (const vector of arrays) {
  test(`the frames of an array are read: ${vector.from}, ${vector.name}`, () => {
    for (const { dialect, how, wire } of spellingsOf(vector)) {
      const read = receiverOf(vector.from, dialect).decode(wire).map(plainFrame)
      assert.deepEqual(read, canonical(vector.frames, dialect), `${dialect} as ${how}`)
    }
  })
}

for (const vector of frames.filter(({ from }) => from === 'client')) {
  test(`what a client writes is read at the hub: ${vector.name}`, () => {
    for (const dialect of dialects) {
      const wire = clientCodec(dialect).encode(frameToSend(vector.frame, dialect))
      assert.deepEqual(hubCodec(dialect).decode(wire).map(plainFrame), [canonical(vector.frame, dialect)])
    }
  })
}

for (const vector of frames.filter(({ from }) => from === 'hub')) {
  test(`what the hub writes is read at a client: ${vector.name}`, () => {
    for (const dialect of dialects) {
      const wire = hubCodec(dialect).encode(frameToDeliver(vector.frame, dialect))
      assert.deepEqual(clientCodec(dialect).decode(wire).map(plainFrame), [canonical(vector.frame, dialect)])
    }
  })
}

test('frames that were encoded one by one are joined to an array that is read back', () => {
  for (const dialect of dialects) {
    for (const { from, frames: list } of arrays.filter(({ frames: some }) => some.length > 0)) {
      const wires = list.map((frame) =>
        from === 'hub'
          ? hubCodec(dialect).encode(frameToDeliver(frame, dialect))
          : clientCodec(dialect).encode(frameToSend(frame, dialect)),
      )
      const wire = from === 'hub' ? hubCodec(dialect).join(wires) : clientCodec(dialect).join(wires)
      assert.deepEqual(receiverOf(from, dialect).decode(wire).map(plainFrame), canonical(list, dialect))
    }
  }
})

for (const vector of [...vectorsOf<RefusalVector>('invalid.json'), ...vectorsOf<RefusalVector>('limits.json')]) {
  test(`the outcome is as agreed: ${vector.from}, ${vector.name}`, () => {
    for (const { dialect, how, wire } of spellingsOf(vector)) {
      const outcome = outcomeOf(() => receiverOf(vector.from, dialect).decode(wire))
      if ('close' in vector.outcome && vector.outcome.close === '*') assert.ok('close' in outcome)
      else assert.deepEqual(outcome, vector.outcome, `${dialect} as ${how}`)
    }
  })
}

test('a MessagePack connection refuses text', () => {
  const refused = { close: 'malformed_frame' }
  assert.deepEqual(
    outcomeOf(() => hubCodec('msgpack').decode('{"op":"bye"}')),
    refused,
  )
  assert.deepEqual(
    outcomeOf(() => clientCodec('msgpack').decode('{"op":"ping"}')),
    refused,
  )
})

const bodies = vectorsOf<BodyVector>('bodies.json')

for (const vector of bodies.filter(({ crossComm }) => crossComm !== undefined)) {
  test(`a body becomes one of v1: ${vector.name}`, () => {
    const { type, crossComm = '', json, msgpack = '', outcome } = vector
    const envelope: Convertible = { type, body: { format: 'cross_comm', bytes: Buffer.from(crossComm) } }
    if (outcome !== undefined) {
      for (const format of dialects) assert.throws(() => convertBody(envelope, format), { code: outcome.error })
      return
    }
    assert.equal(new TextDecoder().decode(convertBody(envelope, 'json').bytes), json)
    assert.deepEqual(exactly(convertBody(envelope, 'msgpack').bytes), exactly(Buffer.from(msgpack, 'hex')))
  })
}

for (const vector of bodies.filter(({ crossComm }) => crossComm === undefined)) {
  test(`a body passes between the dialects: ${vector.name}`, () => {
    const { json, msgpack, outcome, only } = vector
    if (outcome !== undefined) {
      const code = outcome.error
      const fails = json === undefined ? () => toJson(vector, msgpack) : () => toMsgpack(vector, json)
      assert.throws(fails, (error) => isPosthouseError(error) && error.code === code)
      return
    }
    if (only !== 'json to msgpack') assert.equal(toJson(vector, msgpack), json)
    if (only !== 'msgpack to json')
      assert.deepEqual(toMsgpack(vector, json), exactly(Buffer.from(msgpack ?? '', 'hex')))
  })
}

function toJson({ type }: BodyVector, hex = ''): string {
  const envelope: Convertible = {
    type,
    body: { format: 'msgpack', bytes: Buffer.from(hex, 'hex') },
  }
  return new TextDecoder().decode(convertBody(envelope, 'json').bytes)
}

function toMsgpack({ type }: BodyVector, json = ''): unknown {
  const envelope: Convertible = { type, body: { format: 'json', bytes: Buffer.from(json) } }
  return exactly(convertBody(envelope, 'msgpack').bytes)
}

/** A MessagePack value that tells integers from floats where it matters: beyond 32 bits integers are `bigint`. */
function exactly(bytes: Uint8Array): unknown {
  return narrowed(decode(new Uint8Array(bytes), { useBigInt64: true }))
}

function narrowed(value: unknown): unknown {
  if (typeof value === 'bigint') return value >= -0x80000000n && value <= 0xffffffffn ? Number(value) : value
  if (Array.isArray(value)) return value.map(narrowed)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, narrowed(member)]))
}

function outcomeOf(read: () => readonly (Frame | BadFrame)[]): { readonly close: string } | readonly unknown[] {
  try {
    return read().map(summary)
  } catch (error) {
    if (error instanceof PosthouseError) return { close: error.code }
    throw error
  }
}

function summary(frame: Frame | BadFrame): unknown {
  if (frame.op !== 'bad') return { op: frame.op }
  const { error, about, id, n } = frame
  return { error: error.code, about, ...(id !== undefined && { id }), ...(n !== undefined && { n }) }
}

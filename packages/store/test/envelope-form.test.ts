import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Envelope } from '@posthouse/core'
import { ByteReader } from '../src/sqlite/byte-reader.ts'
import { ByteWriter } from '../src/sqlite/byte-writer.ts'
import { readEnvelope, writeEnvelope } from '../src/sqlite/envelope-form.ts'

const body = { format: 'json', bytes: Buffer.from('{"a":1}') } as const

function envelopeTo(to: string): Envelope {
  return { id: 'i', from: to, to, type: 'text', body, qos: 1, ts: 1 }
}

test('addresses are read as they were written, whatever was read before', () => {
  // What is alike at its ends, and long and short, ASCII and not.
  const middles = ['x', 'y', 'é', '\u00ff', '漢', '🙂', '\ud800', 'x'.repeat(46), 'y'.repeat(46), 'x'.repeat(100), '']
  const writer = new ByteWriter()
  for (let round = 0; round < 2; round++) {
    for (const middle of middles) {
      const envelope = envelopeTo(round === 0 ? `a${middle}é` : `a${middle}b`)
      writer.begin()
      writeEnvelope(writer, envelope)
      const reader = new ByteReader(writer.finish())
      assert.deepEqual(readEnvelope(reader), envelope)
      assert.ok(reader.done)
    }
  }
})

test('a body that is read as a copy does not change with what it was read from', () => {
  const writer = new ByteWriter()
  writeEnvelope(writer, envelopeTo('bob'))
  const section = writer.finish()
  const { body: copied } = readEnvelope(new ByteReader(section, 0, true))
  section.fill(0)
  assert.deepEqual(copied, body)
})

test('an envelope that ends too early is not read', () => {
  const writer = new ByteWriter()
  writeEnvelope(writer, envelopeTo('bob'))
  const section = writer.finish()
  for (let end = 0; end < section.length; end++) {
    assert.throws(() => readEnvelope(new ByteReader(section.subarray(0, end))), RangeError)
  }
})

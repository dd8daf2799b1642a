import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  type CrossCommType,
  crossCommId,
  crossCommList,
  decodeCrossComm,
  encodeCrossComm,
  maxCrossCommBytes,
  sniffDialect,
} from '@posthouse/protocol/cross-comm'
import fc from 'fast-check'
import { allFrames, recorded, recordedFrame } from './cross-comm-vectors.ts'

const types = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'login', 'logout', 'heartbeat'] as const

/** A frame as text, with some fields of its own. */
function frame(fields: Readonly<Record<string, unknown>> = {}): string {
  const usual = { msg_id: 'm1', from_client_id: 'a', to_client_id: 'b', msg_type: 'text', content: 'x', timestamp: 1.5 }
  return JSON.stringify({ ...usual, oss_key: null, ...fields })
}

suite('reading a cross_comm frame', () => {
  test('takes every frame that programs of the family write, as text and as bytes', () => {
    for (const { name, from, text } of allFrames) {
      for (const message of [text, Buffer.from(text)]) {
        const read = decodeCrossComm(message)
        assert.equal(Buffer.from(read.bytes).toString(), text)
        assert.ok(text.includes(`"${read.type}"`) && text.includes(`"${read.from}"`), `${name} of the ${from}`)
        assert.ok(text.includes(`"${read.to}"`) && text.includes(`"${read.id}"`), `${name} of the ${from}`)
        assert.ok(Number(read.timestamp) > 1.7e9)
      }
    }
  })

  test('is more liberal than the original server in one point: further keys', () => {
    for (const { name, sent, relayed } of recorded.relays) {
      const readable = ((): boolean => {
        try {
          return decodeCrossComm(sent).type !== undefined
        } catch {
          return false
        }
      })()
      // Control frames, messages to the server and in another's name are readable and go nowhere.
      const goesNowhere = ['heartbeat_to_a_client', 'to_server', 'to_all_in_the_name_of_bob', 'extra_key']
      assert.equal(readable, relayed !== null || goesNowhere.includes(name), name)
    }
  })

  test('refuses what is no frame', () => {
    const malformed = ['', 'x', '1', 'null', '"text"', '[]', '[{}]', '{"a":', '{"a":NaN', 'NaN', '{"a":"NaN}']
    for (const text of malformed) assert.throws(() => decodeCrossComm(text), { code: 'malformed_frame' }, text)
    assert.throws(() => decodeCrossComm(Buffer.from([0x7b, 0xff, 0x7d])), { code: 'malformed_frame' })
    for (const key of ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp']) {
      assert.throws(() => decodeCrossComm(frame({ [key]: undefined })), { code: 'invalid_field' }, key)
    }
    for (const fields of [{ msg_type: 'TEXT' }, { msg_type: 1 }, { msg_type: '__proto__' }, { from_client_id: null }]) {
      assert.throws(() => decodeCrossComm(frame(fields)), { code: 'invalid_field' })
    }
    assert.throws(() => decodeCrossComm(frame({ to_client_id: ['b'] })), { code: 'invalid_field' })
  })

  test('keeps an id only where it can serve as one', () => {
    for (const id of [1, null, '', {}, 'x'.repeat(257), 'half \ud83d']) {
      assert.equal(decodeCrossComm(frame({ msg_id: id })).id, undefined)
    }
    assert.equal(decodeCrossComm(frame({ msg_id: 'x'.repeat(256) })).id, 'x'.repeat(256))
    assert.equal(decodeCrossComm(frame({ timestamp: 'now' })).timestamp, undefined)
  })

  test('bounds the depth, wherever it is', () => {
    const deep = (depth: number, key: string): string =>
      frame({ [key]: 0 }).replace(`"${key}":0`, `"${key}":${'['.repeat(depth)}${']'.repeat(depth)}`)
    assert.equal(decodeCrossComm(deep(511, 'content')).type, 'text')
    for (const key of ['content', 'msg_id', 'msg_type', 'to_client_id']) {
      assert.throws(() => decodeCrossComm(deep(512, key)), { code: 'too_deep' }, key)
      assert.throws(() => decodeCrossComm(deep(100_000, key)), { code: 'too_deep' }, key)
    }
  })

  test('takes NaN and Infinity for values, not inside strings or names', () => {
    const text = frame({ content: 0 }).replace(
      '"content":0',
      '"content":{"NaN":NaN,"a":[-Infinity,"Infinity \\" NaN"]}',
    )
    assert.deepEqual(decodeCrossComm(text).content, { NaN: null, a: [null, 'Infinity " NaN'] })
    assert.throws(() => decodeCrossComm(text.replace('[-Inf', '[xInf')), { code: 'malformed_frame' })
  })

  test('takes a time that grows with the text only, whatever the text', { timeout: 20_000 }, () => {
    const hostile = ['\\"', '"', '\\', '"\\', 'NaN', '-', '{"a":', '[', '"":']
    for (const part of hostile) {
      for (const start of ['', '{"a":NaN,"']) {
        const text = start + part.repeat(maxCrossCommBytes / part.length)
        assert.throws(() => decodeCrossComm(text), { name: 'PosthouseError' })
        assert.equal(sniffDialect(text), undefined)
      }
    }
  })
})

suite('the dialect of a first message', () => {
  test('is cross_comm for an object with msg_type, v1 for one with op, alone or at the head of an array', () => {
    for (const { text } of allFrames) assert.equal(sniffDialect(text), 'cross_comm')
    assert.equal(sniffDialect('{"op":"hello"}'), 'json')
    assert.equal(sniffDialect(Buffer.from('[{"op":"hello"},{"op":"ping"}]')), 'json')
    assert.equal(sniffDialect('{"op":"hello","msg_type":"login"}'), 'json')
    for (const text of ['', 'x', '[]', '{}', '1', 'null', '[[{"op":1}]]', '[{"msg_type":"login"}]', '{"msg_type"']) {
      assert.equal(sniffDialect(text), undefined, text)
    }
    assert.equal(sniffDialect(Buffer.from([0xff])), undefined)
  })
})

suite('writing a cross_comm frame', () => {
  test('spells it as the Python original does', () => {
    const ts = 1795173236757
    for (const name of ['login', 'heartbeat_first', 'logout', 'text_direct', 'bytes', 'list_clients_online', 'file']) {
      const original = recordedFrame(name)
      const { msg_id, from_client_id, to_client_id, msg_type, content, oss_key } = JSON.parse(original)
      const type = msg_type as CrossCommType
      const fields = { id: msg_id, from: from_client_id, to: to_client_id, type, ts }
      const written = encodeCrossComm({ ...fields, content: JSON.stringify(content), ossKey: JSON.stringify(oss_key) })
      assert.equal(written, original.replace(/"timestamp": [\d.]+/, '"timestamp": 1795173236.757'))
    }
  })

  test('writes lists as the original does', () => {
    const original = JSON.parse(recordedFrame('list_clients_response_all')).content
    const clients = JSON.parse(original).clients.map((each: Readonly<Record<string, unknown>>) => ({
      client: each.client_id,
      online: each.status === 'online',
      lastSeen: Number(each.last_heartbeat) * 1000,
      since: Number(each.login_time) * 1000,
    }))
    const rounded = original.replaceAll(/\d+\.\d+/g, (number: string) => Number(number).toFixed(3))
    assert.equal(JSON.parse(crossCommList(clients, false)), rounded)
  })

  test('is undone by reading', () => {
    const text = fc.string({ unit: 'grapheme' })
    const arbitrary = fc.record({
      id: text,
      from: text,
      to: text,
      type: fc.constantFrom(...types),
      value: fc.jsonValue(),
    })
    const law = fc.property(arbitrary, fc.nat(), ({ value, ...fields }, ts) => {
      const read = decodeCrossComm(encodeCrossComm({ ...fields, content: JSON.stringify(value), ts }))
      assert.deepEqual([read.from, read.to, read.type], [fields.from, fields.to, fields.type])
      assert.equal(JSON.stringify(read.content), JSON.stringify(value))
      assert.equal(read.timestamp, ts / 1000)
    })
    fc.assert(law, { numRuns: 300 })
  })

  test('makes ids of the documented form', () => {
    assert.match(crossCommId('alice', 1795173236757), /^alice_1795173236757_[0-9a-f]{8}$/)
  })
})

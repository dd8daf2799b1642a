import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import type { Envelope, MessageType } from '@posthouse/core'
import { crossCommBodyText, crossCommContent, crossCommDelivery, decodeCrossComm } from '@posthouse/protocol/cross-comm'
import { bodyJson } from '../src/bodies.ts'
import { allFrames, recorded } from './cross-comm-vectors.ts'

const userTypes = new Set<string>(['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'])
const userFrames = allFrames.filter(
  ({ text, from }) => userTypes.has(decodeCrossComm(text).type) && from !== 'python-server',
)

/** A frame around a content and a key, both as JSON text. */
function framed(content: string, ossKey = 'null'): Uint8Array {
  const head = '{"msg_id": "m", "from_client_id": "a", "to_client_id": "b", "msg_type": "text"'
  return Buffer.from(`${head}, "content": ${content}, "timestamp": 1.0, "oss_key": ${ossKey}}`)
}

/** An envelope that carries a frame. */
function carrying(text: string, from: string): Envelope {
  const { to, type, bytes } = decodeCrossComm(text)
  const body = { format: 'cross_comm', bytes } as const
  return { id: 'm', from, to, type: type as MessageType, body, qos: 1, ts: 1_795_173_236_757 }
}

/** The v1 body of a frame, by the rules of the contract (9.5). */
function bodyOf(text: string): unknown {
  const { msg_type: type, content, oss_key: key = null } = JSON.parse(text)
  if (type === 'dict') return typeof content === 'string' ? JSON.parse(content) : content
  if (type === 'bytes') return Buffer.from(content, 'base64').toString('base64')
  return type === 'text' || type === 'json' ? content : { key, name: content.split('/').at(-1), path: content }
}

/** What a cross_comm program is sent. */
function delivery(each: Envelope): string {
  return crossCommDelivery(each, bodyJson)
}

function envelope(type: MessageType, json: string, fields: Partial<Envelope> = {}): Envelope {
  const body = { format: 'json', bytes: Buffer.from(json) } as const
  return { id: 'm1', from: 'alice', to: 'bob', type, body, qos: 1, ts: 1_795_173_236_757, ...fields }
}

suite('the v1 body of a cross_comm frame', () => {
  for (const [index, { name, from, text }] of userFrames.entries()) {
    test(`of ${name} of the ${from} (${index}) fits its type, or it has none`, () => {
      const { type, bytes } = decodeCrossComm(text)
      if (/dict_given|dict_not_finite|dict_plain_string|bytes_not_base64/.test(name)) {
        assert.throws(() => crossCommBodyText(type as MessageType, bytes), { code: 'unrepresentable' })
        return
      }
      assert.deepEqual(JSON.parse(crossCommBodyText(type as MessageType, bytes)), bodyOf(text))
    })
  }

  const bodies: readonly (readonly [type: MessageType, content: string, body: string | undefined])[] = [
    ['text', '1.0', '"1.0"'],
    ['text', '{"a": [1, "\\u4f60"]}', '"{\\"a\\": [1, \\"\\\\u4f60\\"]}"'],
    ['json', 'null', '"null"'],
    ['text', 'NaN', undefined],
    ['dict', '{"big": 12345678901234567890123, "one": 1.0}', '{"big": 12345678901234567890123, "one": 1.0}'],
    ['dict', '"{\\"one\\": 1.0}"', '{"one": 1.0}'],
    ['dict', '"[1]"', undefined],
    ['dict', '[1]', undefined],
    ['dict', '"{\\"a\\": NaN}"', undefined],
    ['bytes', '"AP_v_w"', '"AP/v/w=="'],
    ['bytes', '"A"', undefined],
    ['bytes', '[0]', undefined],
    ['file', '"C:\\\\dir\\\\a.txt"', '{"key":"k","name":"a.txt","path":"C:\\\\dir\\\\a.txt"}'],
    ['folder', '"dir/sub/"', '{"key":"k","name":"sub","path":"dir/sub/"}'],
    ['file', '""', '{"key":"k","name":"","path":""}'],
    ['image', '{"a":1}', '{"key":"k","name":"{\\"a\\":1}","path":"{\\"a\\":1}"}'],
    ['dict', `{"a":${'['.repeat(62)}${']'.repeat(62)}}`, `{"a":${'['.repeat(62)}${']'.repeat(62)}}`],
    ['dict', `{"a":${'['.repeat(63)}${']'.repeat(63)}}`, undefined],
    ['dict', JSON.stringify(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`), undefined],
  ]
  for (const [type, content, body] of bodies) {
    test(`${type} ${content.slice(0, 40)} is ${body === undefined ? 'unrepresentable' : body.slice(0, 40)}`, () => {
      const read = () => crossCommBodyText(type, framed(content, '"k"'))
      if (body === undefined) assert.throws(read, { code: 'unrepresentable' })
      else assert.equal(read(), body)
    })
  }

  test('has a key only where the frame has one that is text', () => {
    for (const key of ['null', '5', '{}']) {
      assert.equal(JSON.parse(crossCommBodyText('file', framed('"a"', key))).key, null)
    }
  })
})

suite('the cross_comm content of a v1 body', () => {
  test('is the same JSON text where the types agree', () => {
    for (const type of ['text', 'json', 'dict'] as const) {
      assert.deepEqual(crossCommContent(type, ' {"n": 1.0}'), { content: ' {"n": 1.0}', ossKey: 'null' })
    }
  })

  test('is padded base64 of the standard alphabet, or refused', () => {
    for (const [body, content] of [
      ['""', '""'],
      ['"AP/v"', '"AP/v"'],
      ['"AP_v_w"', '"AP/v/w=="'],
      ['"AP\\/v"', '"AP/v"'],
    ] as const) {
      assert.deepEqual(crossCommContent('bytes', body), { content, ossKey: 'null' })
    }
    for (const body of ['"no base64!"', '"A"', '1', '{}']) {
      assert.throws(() => crossCommContent('bytes', body), { code: 'invalid_body' })
    }
  })

  test('is the path of a file, else its name, else its key', () => {
    for (const type of ['file', 'image', 'folder', 'audio', 'video'] as const) {
      const of = (body: unknown): unknown => crossCommContent(type, JSON.stringify(body))
      assert.deepEqual(of({ key: 'k', name: 'n', path: 'p' }), { content: '"p"', ossKey: '"k"' })
      assert.deepEqual(of({ key: 'k', name: 'n' }), { content: '"n"', ossKey: '"k"' })
      assert.deepEqual(of({ key: 'k' }), { content: '"k"', ossKey: '"k"' })
      assert.deepEqual(of({ key: null }), { content: '""', ossKey: 'null' })
      assert.throws(() => of('a.txt'), { code: 'unrepresentable' })
    }
  })

  test('does not exist for types of applications', () => {
    assert.throws(() => crossCommContent('x-reading', '1'), { code: 'unrepresentable' })
  })
})

suite('a delivery to a cross_comm program', () => {
  test('keeps every value of the frames of the family as it was spelled; only the sender is stamped', () => {
    for (const { name, text } of userFrames) {
      const { from } = decodeCrossComm(text)
      const same = delivery(carrying(text, from))
      if (name.startsWith('relayed') || text.startsWith('{"msg_id": ')) assert.equal(same, text)
      const stamped = delivery(carrying(text, 'client:group:x'))
      assert.equal(stamped, same.replace(`"from_client_id": "${from}"`, '"from_client_id": "group:x"'))
    }
  })

  test('has exactly seven keys in their order, whatever came', () => {
    const keys = ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp', 'oss_key']
    for (const { name, sent } of recorded.relays) {
      if (
        ['not_json', 'array', 'empty', 'unknown_type', 'type_in_capitals', 'type_missing', 'content_missing'].includes(
          name,
        )
      )
        continue
      const written = delivery(carrying(sent, 'raw'))
      const found = [...written.matchAll(/"(\w+)": /g)].map(([, key = '']) => key).filter((key) => keys.includes(key))
      assert.deepEqual(found, keys, name)
      assert.equal(decodeCrossComm(written).from, 'raw')
    }
  })

  test('translates an envelope of v1', () => {
    assert.equal(
      delivery(envelope('video', '{"key":"k","name":"n"}', { from: 'hub', to: 'all' })),
      '{"msg_id": "m1", "from_client_id": "server", "to_client_id": "all", "msg_type": "file", "content": "n", ' +
        '"timestamp": 1795173236.757, "oss_key": "k"}',
    )
    const body = { format: 'msgpack', bytes: encode(new Uint8Array([0, 255])) } as const
    assert.match(delivery(envelope('bytes', '', { body })), /"content": "AP8=", /)
  })

  test('has at most 1 MiB', () => {
    const room = 1_048_576 - Buffer.byteLength(delivery(envelope('text', '""')))
    assert.equal(delivery(envelope('text', `"${'x'.repeat(room)}"`)).length, 1_048_576)
    assert.throws(() => delivery(envelope('text', `"${'x'.repeat(room + 1)}"`)), { code: 'body_too_large' })
    const wide = '设'.repeat(Math.ceil(room / 3) + 1)
    assert.throws(() => delivery(envelope('text', `"${wide}"`)), { code: 'body_too_large' })
  })
})

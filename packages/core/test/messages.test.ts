import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isMessageType, Message, type MessageFields, readMessage } from '@posthouse/core'

const fields: MessageFields = { id: 'm1', from: 'alice', to: 'group:ops', type: 'text', body: 'hello', ts: 1000 }
const malformed = { name: 'PosthouseError', code: 'malformed_frame' }

describe('a message', () => {
  it('has no headers and is the first attempt where nothing else is said', () => {
    const { headers, replyTo, attempt } = new Message(fields)
    assert.deepEqual({ headers, replyTo, attempt }, { headers: {}, replyTo: undefined, attempt: 1 })
  })

  it('is the same after it was written as JSON and read', () => {
    const messages = [
      new Message(fields),
      new Message({ ...fields, headers: { trace: 'abc' }, replyTo: 'bob', attempt: 3 }),
      new Message({ ...fields, type: 'dict', body: { list: [1, null, { deep: true }] } }),
      new Message({ ...fields, type: 'json', body: '{"a":1.0}' }),
      new Message({ ...fields, type: 'x-own', body: null }),
    ]
    for (const message of messages) assert.deepEqual(readMessage(JSON.stringify(message)), message)
  })

  it('writes bytes as base64 and reads them back', () => {
    const message = new Message({ ...fields, type: 'bytes', body: Uint8Array.of(0, 255, 10) })
    assert.equal(message.toJSON().body, 'AP8K')
    assert.deepEqual(readMessage(message.toJSON()), message)
  })

  it('gives the value of json text, and the body of every other type', () => {
    assert.deepEqual(new Message({ ...fields, type: 'json', body: '{"a":[1]}' }).json(), { a: [1] })
    assert.equal(new Message({ ...fields, body: '{"a":[1]}' }).json(), '{"a":[1]}')
  })

  it('calls json text that is none an invalid body', () => {
    const message = new Message({ ...fields, type: 'json', body: '{' })
    assert.throws(
      () => message.json(),
      (error: Error & { code: string }) => error.code === 'invalid_body' && error.cause instanceof SyntaxError,
    )
  })

  it('is not read from anything else', () => {
    const { body: _body, ...bodiless } = { ...fields, type: 'dict' }
    const sources = ['{', 'null', '[]', 7, null, undefined, bodiless]
    for (const source of sources) assert.throws(() => readMessage(source), malformed)
  })

  it('is not read from fields of the wrong form', () => {
    const wrong = [{ id: 1 }, { from: null }, { to: undefined }, { type: 'none' }, { ts: '1' }, { ts: Number.NaN }]
    const more = [{ attempt: 'x' }, { replyTo: 1 }, { headers: [] }, { headers: { a: 1 } }, { body: 1 }]
    for (const change of [...wrong, ...more]) {
      assert.throws(() => readMessage({ ...fields, ...change }), malformed, JSON.stringify(change))
    }
    assert.throws(() => readMessage({ ...fields, type: 'bytes', body: '!' }), { code: 'invalid_body' })
  })
})

describe('a message type', () => {
  it('is a known word, or an application one behind x-', () => {
    for (const type of ['text', 'dict', 'folder', 'x-a', 'x-my.app_v1-2', `x-${'a'.repeat(62)}`]) {
      assert.equal(isMessageType(type), true, type)
    }
    for (const type of ['', 'Text', 'x-', 'x-a b', 'x-ö', `x-${'a'.repeat(63)}`, 'toString', 'x-a\n']) {
      assert.equal(isMessageType(type), false, type)
    }
  })
})

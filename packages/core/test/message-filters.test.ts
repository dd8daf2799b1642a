import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Filterable, type MessageFilter, type MessageType, messageMatcher } from '@posthouse/core'

const text: Filterable = { type: 'text', from: 'alice' }
const dict: Filterable = { type: 'dict', from: 'bob' }
const own: Filterable = { type: 'x-own', from: 'client:group:ops' }
const matched = (filter: MessageType | '*' | MessageFilter) => [text, dict, own].filter(messageMatcher(filter))

describe('a message filter', () => {
  it('that is a star or empty matches everything', () => {
    assert.deepEqual(matched('*'), [text, dict, own])
    assert.deepEqual(matched({}), [text, dict, own])
  })

  it('matches one type or several', () => {
    assert.deepEqual(matched('text'), [text])
    assert.deepEqual(matched({ type: ['dict', 'x-own'] }), [dict, own])
    assert.deepEqual(matched({ type: [] }), [])
  })

  it('matches one sender or several, however the address is written', () => {
    assert.deepEqual(matched({ from: 'client:alice' }), [text])
    assert.deepEqual(matched({ from: ['bob', 'client:group:ops'] }), [dict, own])
  })

  it('matches where every part does', () => {
    assert.deepEqual(matched({ type: 'text', from: 'alice' }), [text])
    assert.deepEqual(matched({ type: 'text', from: 'bob' }), [])
  })

  it('with an unknown type or no address is refused', () => {
    const unknown = 'texts' as MessageType
    assert.throws(() => messageMatcher(unknown), { code: 'invalid_option', message: '"texts" is no message type' })
    assert.throws(() => messageMatcher({ from: 'client:' }), { code: 'invalid_address' })
  })
})

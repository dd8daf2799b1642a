import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertPlainName, messageMatcher } from '@posthouse/core'

describe('a plain name', () => {
  it('is anything that a hub may take for an address, as it is', () => {
    for (const text of ['bob', 'client:bob', 'all', `channel:${'🐎'.repeat(128)}`, 'a b']) {
      assert.equal(assertPlainName(text), text)
    }
  })

  it('is not empty, not far too long, and has no control characters and no halves of pairs', () => {
    for (const text of ['', 'a\nb', '\u0085', '\ud800', 'x'.repeat(137)]) {
      assert.throws(() => assertPlainName(text), { code: 'invalid_address' })
      assert.throws(() => assertPlainName(text, 'invalid_client_id'), { code: 'invalid_client_id' })
    }
  })
})

describe('a sender in a filter', () => {
  it('is known by every spelling of its address', () => {
    const spellings = { bob: ['bob', 'client:bob'], hub: ['hub', 'server'], 'client:group:a': ['client:group:a'] }
    for (const [from, texts] of Object.entries(spellings)) {
      for (const text of texts) assert.ok(messageMatcher({ from: text })({ type: 'text', from }), text)
    }
  })
})

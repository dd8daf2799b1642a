import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { base64ToBytes, bytesToBase64 } from '@posthouse/core'
import fc from 'fast-check'

const invalid = { name: 'PosthouseError', code: 'invalid_body' }

describe('base64', () => {
  it('writes the test vectors of RFC 4648, section 10', () => {
    const vectors = {
      '': '',
      f: 'Zg==',
      fo: 'Zm8=',
      foo: 'Zm9v',
      foob: 'Zm9vYg==',
      fooba: 'Zm9vYmE=',
      foobar: 'Zm9vYmFy',
    }
    for (const [text, base64] of Object.entries(vectors)) {
      assert.equal(bytesToBase64(new TextEncoder().encode(text)), base64)
      assert.equal(new TextDecoder().decode(base64ToBytes(base64)), text)
    }
  })

  it('gives back the bytes that it was made of, and what Node makes of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        const base64 = bytesToBase64(bytes)
        assert.equal(base64, Buffer.from(bytes).toString('base64'))
        assert.deepEqual(base64ToBytes(base64), bytes)
      }),
    )
  })

  it('reads the URL-safe alphabet, and does without padding', () => {
    assert.deepEqual(base64ToBytes('-_-_'), base64ToBytes('+/+/'))
    assert.deepEqual(base64ToBytes('Zg'), base64ToBytes('Zg=='))
  })

  it('refuses anything else with invalid_body', () => {
    for (const text of ['Z', 'Zm9vY', 'Zm 9v', 'Zm9v\n', 'Zg=a', '====', 'Zg===', 'Zö']) {
      assert.throws(() => base64ToBytes(text), invalid, JSON.stringify(text))
    }
  })

  it('judges a long hostile text as fast as any other', () => {
    // A search for the padding from every position would take minutes here, and the runner would give up.
    assert.throws(() => base64ToBytes(`${'='.repeat(1_000_000)}x`), invalid)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createId, randomHex } from '@posthouse/core'

describe('a message id', () => {
  it('is a UUID of version 7 and variant 10', () => {
    for (let count = 0; count < 1000; count++) {
      assert.match(createId(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })

  it('begins with the time in milliseconds, as RFC 9562 lays it out', () => {
    // The example of appendix A.6: 22 February 2022, 19:22:22 GMT.
    assert.equal(createId(1_645_557_742_000).slice(0, 15), '017f22e2-79b0-7')
    assert.equal(createId(1.9).slice(0, 13), '00000000-0001')
  })

  it('of an earlier millisecond sorts first', () => {
    const ids = [5, 1, 1000, 70_000, 1_700_000_000_000].map((now) => ({ now, id: createId(now) }))
    const byId = ids.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ now }) => now)
    assert.deepEqual(byId, [1, 5, 1000, 70_000, 1_700_000_000_000])
  })

  it('is never the same twice, even within one millisecond', () => {
    const ids = Array.from({ length: 100_000 }, () => createId(0))
    assert.equal(new Set(ids).size, ids.length)
  })

  it('is random in 56 bits from one millisecond to the next', () => {
    let everOne = 0n
    let everZero = 0n
    for (let count = 0; count < 500; count++) {
      const bits = BigInt(`0x${createId(2 + (count % 2)).replaceAll('-', '')}`) & ~(1n << 80n)
      everOne |= bits
      everZero |= ~bits & ((1n << 128n) - 1n)
    }
    const ones = (everOne & everZero).toString(2).replaceAll('0', '').length
    assert.equal(ones, 56)
  })
})

describe('random hexadecimal digits', () => {
  it('are two for each byte', () => {
    for (let count = 0; count < 2000; count++) assert.match(randomHex(7), /^[0-9a-f]{14}$/)
    assert.equal(randomHex(0), '')
    assert.equal(randomHex(4096).length, 8192)
  })
})

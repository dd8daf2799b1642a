import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exponentialBackoff } from '@posthouse/core/policy'
import fc from 'fast-check'

describe('exponential backoff', () => {
  it('doubles its upper end from half a second to twenty', () => {
    const longest = exponentialBackoff({ random: () => 1 })
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 100].map(longest), [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000])
  })

  it('takes its own base, growth and cap', () => {
    const longest = exponentialBackoff({ baseMs: 10, factor: 3, capMs: 100, random: () => 1 })
    assert.deepEqual([1, 2, 3, 4].map(longest), [10, 30, 90, 100])
  })

  it('is anywhere between zero and the upper end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const wait = exponentialBackoff({ random: () => random })(attempt)
          const longest = exponentialBackoff({ random: () => 1 })(attempt)
          assert.ok(wait >= 0 && wait <= longest && longest <= 20_000)
          assert.equal(wait, random * longest)
        },
      ),
    )
  })

  it('differs between clients by default', () => {
    const wait = exponentialBackoff()
    assert.ok(new Set(Array.from({ length: 20 }, () => wait(5))).size > 1)
  })
})

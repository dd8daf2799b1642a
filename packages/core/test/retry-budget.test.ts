import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { RetryBudget } from '@posthouse/core/policy'
import fc from 'fast-check'

describe('a retry budget', () => {
  it('allows a few retries however little is asked', () => {
    const budget = new RetryBudget({ clock: new ManualClock() })
    assert.deepEqual(
      [1, 2, 3, 4].map(() => budget.take()),
      [true, true, true, false],
    )
  })

  it('allows a fifth of what was asked lately', () => {
    const budget = new RetryBudget({ clock: new ManualClock() })
    for (let i = 0; i < 100; i++) budget.count()
    const taken = Array.from({ length: 30 }, () => budget.take()).filter(Boolean)
    assert.equal(taken.length, 20)
  })

  it('forgets runs and retries after ten seconds', () => {
    const clock = new ManualClock()
    const budget = new RetryBudget({ clock })
    for (let i = 0; i < 3; i++) budget.take()
    clock.advance(8999)
    assert.equal(budget.take(), false)
    clock.advance(1001)
    assert.equal(budget.take(), true)
  })

  it('forgets everything in a long time without anything', () => {
    for (let ms = 10_000; ms <= 40_000; ms += 500) {
      const clock = new ManualClock()
      const budget = new RetryBudget({ minimum: 1, clock })
      budget.take()
      clock.advance(ms)
      assert.equal(budget.take(), true, `${ms} ms`)
    }
  })

  it('is one for each key', () => {
    const budget = new RetryBudget({ minimum: 1, clock: new ManualClock() })
    assert.deepEqual([budget.take('a'), budget.take('a'), budget.take('b'), budget.take()], [true, false, true, true])
  })

  it('forgets the key that was used longest ago', () => {
    const budget = new RetryBudget({ minimum: 1, maxKeys: 2, clock: new ManualClock() })
    assert.deepEqual(
      [budget.take('a'), budget.take('b'), budget.take('a'), budget.take('c')],
      [true, true, false, true],
    )
    assert.deepEqual([budget.take('a'), budget.take('b')], [false, true])
  })

  it('never gives more than its share or its minimum within any window', () => {
    const step = fc.record({ ms: fc.nat(3000), runs: fc.nat(30), retries: fc.nat(10) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, ratio) => {
        const clock = new ManualClock()
        const budget = new RetryBudget({ ratio, clock })
        const runs: number[] = []
        const retries: number[] = []
        for (const { ms, runs: asked, retries: wanted } of steps) {
          clock.advance(ms)
          const now = clock.elapsed()
          for (let i = 0; i < asked; i++) budget.count()
          runs.push(...Array<number>(asked).fill(now))
          const taken = Array.from({ length: wanted }, () => budget.take()).filter(Boolean)
          retries.push(...taken.map(() => now))
        }
        for (const at of retries) {
          // What is remembered is at least nine tenths of the window, and at most all of it.
          const taken = retries.filter((other) => other <= at && other > at - 9000).length
          const asked = runs.filter((other) => other <= at && other > at - 10_000).length
          assert.ok(taken <= Math.max(3, asked * ratio), `${taken} retries for ${asked} runs`)
        }
      }),
    )
  })

  it('refuses options that cannot be', () => {
    for (const options of [{ ratio: -1 }, { minimum: 0.5 }, { windowMs: 0 }, { windowMs: Infinity }, { maxKeys: 0 }]) {
      assert.throws(() => new RetryBudget(options), { code: 'invalid_option', message: /^RetryBudget: / })
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Backoff, backoff, constantBackoff, type Jitter } from '@posthouse/core/policy'
import fc from 'fast-check'

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const shape = fc.record({
  baseMs: fc.integer({ min: 0, max: 5000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.integer({ min: 0, max: 60_000 }),
})

/** What a run of retries waits, each wait told to the next. */
function waits(of: Backoff, count: number): number[] {
  const waited: number[] = []
  for (let attempt = 1; attempt <= count; attempt++) waited.push(of(attempt, waited.at(-1)))
  return waited
}

describe('a backoff', () => {
  it('without jitter doubles from half a second to twenty', () => {
    const expected = [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]
    assert.deepEqual(waits(backoff({ jitter: 'none' }), 8), expected)
  })

  it('takes its own base, factor and cap', () => {
    assert.deepEqual(waits(backoff({ baseMs: 10, factor: 3, capMs: 100, jitter: 'none' }), 4), [10, 30, 90, 100])
  })

  it('with a factor of 1 stays the same', () => {
    assert.deepEqual(waits(backoff({ baseMs: 70, factor: 1, jitter: 'none' }), 3), [70, 70, 70])
    assert.deepEqual(waits(constantBackoff(70), 3), [70, 70, 70])
  })

  it('is finite and within its cap, however late the attempt', () => {
    for (const jitter of ['full', 'equal', 'decorrelated', 'none'] as const) {
      const wait = backoff({ factor: 1e300, jitter, random: () => 0.999 })(1e9, 1e300)
      assert.ok(wait > 0 && wait <= 20_000, jitter)
    }
  })

  it('is the same wait for attempts that cannot be, as for the first', () => {
    const wait = backoff({ jitter: 'none' })
    assert.deepEqual([wait(0), wait(-3)], [500, 500])
  })
})

describe('jitter', () => {
  const whole = (options: { baseMs: number; factor: number; capMs: number }, attempt: number): number =>
    backoff({ ...options, jitter: 'none' })(attempt)
  const laws: [Jitter, (ceiling: number, random: number) => number][] = [
    ['full', (ceiling, random) => ceiling * random],
    ['equal', (ceiling, random) => ceiling / 2 + (ceiling / 2) * random],
  ]

  for (const [jitter, law] of laws) {
    it(`that is ${jitter} spreads each wait as it says`, () => {
      fc.assert(
        fc.property(shape, fc.integer({ min: 1, max: 200 }), chance, (options, attempt, random) => {
          const wait = backoff({ ...options, jitter, random: () => random })(attempt)
          const expected = law(whole(options, attempt), random)
          assert.ok(Math.abs(wait - expected) <= 1e-6 * Math.max(1, expected))
          assert.ok(wait <= options.capMs)
        }),
      )
    })
  }

  it('that is decorrelated stays between the base and a multiple of the wait before, and within the cap', () => {
    fc.assert(
      fc.property(shape, fc.array(chance, { minLength: 1, maxLength: 30 }), (options, chances) => {
        const next = chances[Symbol.iterator]()
        const wait = backoff({ ...options, jitter: 'decorrelated', random: () => next.next().value ?? 0 })
        let before = options.baseMs
        for (const ms of waits(wait, chances.length)) {
          const upper = Math.min(options.capMs, Math.max(before, options.baseMs) * options.factor)
          assert.ok(ms >= Math.min(options.baseMs, options.capMs) - 1e-6 && ms <= upper + 1e-6)
          before = ms
        }
      }),
    )
  })

  it('is full by default, and differs between callers', () => {
    assert.equal(backoff({ random: () => 0 })(5), 0)
    const wait = backoff()
    assert.ok(new Set(Array.from({ length: 20 }, () => wait(5))).size > 1)
  })
})

describe('the options of a backoff', () => {
  const wrong: [object, RegExp][] = [
    [{ baseMs: -1 }, /baseMs must be a number from 0, not -1/],
    [{ baseMs: Number.NaN }, /baseMs must be a number from 0, not NaN/],
    [{ factor: 0.5 }, /factor must be a number from 1, not 0.5/],
    [{ capMs: '10' }, /capMs must be a number from 0, not "10"/],
    [{ jitter: 'some' }, /jitter must be one of full, equal, decorrelated, none, not "some"/],
    [{ random: 4 }, /random must be a function, not 4/],
    [{ multiplier: 2 }, /backoff has no option multiplier, only baseMs, factor, capMs, jitter, random/],
  ]

  for (const [options, message] of wrong) {
    it(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => backoff(options), { code: 'invalid_option', message })
    })
  }

  it('may be left undefined', () => {
    assert.equal(backoff({ baseMs: undefined, jitter: 'none' })(1), 500)
  })

  it('of a constant one are refused, too', () => {
    assert.throws(() => constantBackoff(Number.NaN), { code: 'invalid_option', message: /ms must be/ })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseAge } from '../src/words/age.ts'
import { nextAfter, readRecurrence } from '../src/words/moment.ts'
import { parseSize } from '../src/words/size.ts'

const refused = { name: 'PosthouseError', code: 'invalid_option' }

describe('a size in words', () => {
  it('is read', () => {
    const sizes: Readonly<Record<string, number>> = {
      '10 MB': 10_000_000,
      '500 KB': 500_000,
      '50MB': 50_000_000,
      '1 GiB': 2 ** 30,
      '1.5 kb': 1500,
      '100': 100,
      '100 B': 100,
      '2 t': 2e12,
    }
    for (const [words, bytes] of Object.entries(sizes)) assert.equal(parseSize('size', words), bytes, words)
    assert.equal(parseSize('size', 4096), 4096)
  })

  it('is refused where it is none, also where it could mean bits', () => {
    for (const words of ['', 'big', '10 XB', '-1 MB', '0', '10 Mb', '1 iB', '10 MB 5 KB', 'NaN', '5 m'])
      assert.throws(() => parseSize('size', words), { ...refused, message: /size must be .*"10 MB"/ }, words)
    for (const number of [0, -5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => parseSize('size', number), refused)
  })
})

describe('an age in words', () => {
  it('is read', () => {
    const ages: Readonly<Record<string, number>> = {
      '7 days': 7 * 86_400_000,
      '1 week': 7 * 86_400_000,
      '30 days': 30 * 86_400_000,
      '90 days': 90 * 86_400_000,
      '1 h 30 min': 5_400_000,
      '2 hours, 5 seconds': 7_205_000,
      '1 day and 1 hour': 90_000_000,
      '0.5 h': 1_800_000,
      '250ms': 250,
      '1 month': 30 * 86_400_000,
      '1 Year': 365 * 86_400_000,
    }
    for (const [words, ms] of Object.entries(ages)) assert.equal(parseAge('age', words), ms, words)
  })

  it('is refused where it is none', () => {
    for (const words of [
      '',
      '7',
      'days',
      '7 dayz',
      '-1 day',
      '0 s',
      'soon',
      '1 day x',
      '100 M',
      '5 m',
      `${'1 s'.repeat(100)}`,
    ])
      assert.throws(() => parseAge('age', words), { ...refused, message: /age must be .*"7 days"/ }, words)
  })
})

describe('a moment that comes again', () => {
  const from = new Date(2026, 1, 7, 15, 4, 5)
  const next = (words: string): string => {
    const recurrence = readRecurrence(words)
    assert.ok(recurrence, words)
    return new Date(nextAfter(from.getTime(), recurrence)).toString().slice(0, 24)
  }

  it('is the next one after now', () => {
    assert.equal(next('00:00'), 'Sun Feb 08 2026 00:00:00')
    assert.equal(next('daily'), 'Sun Feb 08 2026 00:00:00')
    assert.equal(next('15:04:06'), 'Sat Feb 07 2026 15:04:06')
    assert.equal(next('15:04'), 'Sun Feb 08 2026 15:04:00')
    assert.equal(next('hourly'), 'Sat Feb 07 2026 16:00:00')
    assert.equal(next('weekly'), 'Mon Feb 09 2026 00:00:00')
    assert.equal(next('saturday at 18:30'), 'Sat Feb 07 2026 18:30:00')
    assert.equal(next('Saturday 12:00'), 'Sat Feb 14 2026 12:00:00')
    assert.equal(next('monthly'), 'Sun Mar 01 2026 00:00:00')
    assert.equal(next('yearly'), 'Fri Jan 01 2027 00:00:00')
  })

  it('is always ahead, by no more than its period and what the clock is set by', () => {
    const words = fc.constantFrom('00:00', '23:59:59', 'hourly', 'monday', 'sunday at 02:30', 'monthly', 'yearly')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), words, (ms, text) => {
        const recurrence = readRecurrence(text)
        assert.ok(recurrence)
        const ahead = nextAfter(ms, recurrence) - ms
        const longest = { hour: 1 / 24, day: 1, week: 7, month: 31, year: 366 }[recurrence.every] * 86_400_000
        assert.ok(ahead > 0 && ahead <= longest + 7_200_000, `${ahead}`)
      }),
    )
  })

  it('is none of other words', () => {
    for (const words of ['25:00', 'noon', 'monday at noon', 'someday', '00:00 at', '1:2', 'monday at 1:00 2:00'])
      assert.equal(readRecurrence(words), undefined, words)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import fc from 'fast-check'

describe('a token bucket', () => {
  it('allows a burst, then the steady rate', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    assert.deepEqual(
      [1, 2, 3, 4].map(() => bucket.take()),
      [true, true, true, false],
    )
    clock.advance(99)
    assert.equal(bucket.take(), false)
    clock.advance(1)
    assert.deepEqual([bucket.take(), bucket.take()], [true, false])
  })

  it('never holds more than a burst, however long nobody takes', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    clock.advance(60_000)
    assert.deepEqual([bucket.take(3), bucket.take()], [true, false])
  })

  it('takes as many as there are where that is wanted', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    assert.deepEqual([bucket.takeUpTo(2), bucket.takeUpTo(2), bucket.takeUpTo(2)], [2, 1, 0])
    clock.advance(150)
    assert.deepEqual([bucket.takeUpTo(2), bucket.take()], [1, false])
  })

  it('lends what it does not have, and says when the debt is paid', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    assert.deepEqual([bucket.spend(3), bucket.spend(1), bucket.spend(4)], [0, 100, 500])
    assert.equal(bucket.takeUpTo(1), 0)
    clock.advance(500)
    assert.deepEqual([bucket.take(), bucket.waitMs()], [false, 100])
  })

  it('without a limit never runs dry', () => {
    const clock = new ManualClock()
    const endless = Number.POSITIVE_INFINITY
    const bucket = new TokenBucket({ perSecond: endless, burst: endless, clock })
    assert.deepEqual([bucket.take(1e12), bucket.takeUpTo(1e12), bucket.spend(1e12)], [true, 1e12, 0])
    clock.advance(1)
    assert.deepEqual([bucket.take(1e12), bucket.waitMs(1e12)], [true, 0])
  })

  it('takes all or nothing', () => {
    const bucket = new TokenBucket({ perSecond: 10, clock: new ManualClock() })
    assert.deepEqual([bucket.take(11), bucket.take(10), bucket.take()], [false, true, false])
  })

  it('holds at least one token by default, so that a slow rate is not a ban', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 0.5, clock })
    assert.deepEqual([bucket.take(), bucket.take(), bucket.waitMs()], [true, false, 2000])
  })

  it('never says how long to wait for more than it can hold', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock: new ManualClock() })
    assert.deepEqual([bucket.waitMs(3), bucket.waitMs(4)], [0, Number.POSITIVE_INFINITY])
  })

  it('has the token in time for who asks every millisecond, whatever the fractions add up to', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 100, burst: 1, clock })
    bucket.take()
    const taken = Array.from({ length: 10 }, () => {
      clock.advance(1)
      return bucket.take()
    })
    assert.deepEqual(taken, [...Array(9).fill(false), true])
  })

  it('says when one who takes each token as it comes has the last of many', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    assert.deepEqual([bucket.turnMs(3), bucket.turnMs(5), bucket.turnMs(13)], [0, 200, 1000])
    bucket.take(3)
    clock.advance(50)
    assert.deepEqual([bucket.turnMs(1), bucket.turnMs(3)], [50, 250])
  })

  it('takes another rate from now on, and not for what came back before', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    bucket.take(3)
    clock.advance(100)
    bucket.setRate(1)
    assert.deepEqual([bucket.take(), bucket.waitMs()], [true, 1000])
  })

  it('holds nothing after a pause, and gets nothing back during it', () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, clock })
    bucket.pause(1000)
    bucket.pause(500)
    assert.deepEqual([bucket.waitMs(), bucket.turnMs(5)], [1100, 1500])
    clock.advance(1099)
    assert.equal(bucket.take(), false)
    clock.advance(1)
    assert.deepEqual([bucket.take(), bucket.take()], [true, false])
  })

  it('that gets nothing back waits for ever once it is empty', () => {
    const bucket = new TokenBucket({ perSecond: 0, burst: 1, clock: new ManualClock() })
    assert.equal(bucket.waitMs(), 0)
    assert.equal(bucket.take(), true)
    assert.equal(bucket.waitMs(), Number.POSITIVE_INFINITY)
  })

  it('has the tokens after exactly the time that it said, and not a millisecond before', () => {
    const rate = fc.double({ min: 0.1, max: 100_000, noNaN: true })
    fc.assert(
      fc.property(
        rate,
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(500), { maxLength: 20 }),
        (perSecond, count, waits) => {
          const clock = new ManualClock()
          const bucket = new TokenBucket({ perSecond, burst: 50, clock })
          bucket.take(50)
          for (const ms of waits) {
            clock.advance(ms)
            bucket.take()
          }
          const wait = bucket.waitMs(count)
          assert.ok(Number.isInteger(wait))
          if (wait > 0) clock.advance(wait - 1)
          if (wait > 0) assert.equal(bucket.take(count), false)
          clock.advance(1)
          assert.equal(bucket.take(count), true)
        },
      ),
    )
  })
})

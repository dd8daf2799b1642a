import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AckTracker } from '../src/session/ack-tracker.ts'

function tracker(seq = 0, ...arrived: readonly number[]): AckTracker {
  const acks = new AckTracker({ epoch: 'e', seq }, 'inbox')
  for (const each of arrived) acks.arrived(each)
  return acks
}

test('a position that does not grow is refused', () => {
  const acks = tracker(5)
  assert.equal(acks.arrived(5), false)
  assert.equal(acks.arrived(7), true)
  assert.equal(acks.arrived(6), false)
})

test('what was not delivered on this connection is not acknowledged', () => {
  const acks = tracker(0, 1)
  assert.equal(acks.done(2), undefined)
  assert.equal(acks.done(1), 1)
  assert.equal(acks.done(1), undefined)
})

test('in a queue each message is acknowledged by itself', () => {
  const acks = new AckTracker({ epoch: 'e', seq: 0 }, 'queue:jobs')
  assert.deepEqual([acks.arrived(7), acks.arrived(3), acks.done(3), acks.done(7)], [true, true, 3, 7])
  assert.deepEqual(acks.position, { epoch: 'e', seq: 0 })
})

test('in any order of completion, an acknowledgement is the newest position before which nothing works any more', () => {
  const positions = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 })
  const cases = positions.chain((list) =>
    fc.tuple(fc.constant(list.toSorted((a, b) => a - b)), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(cases, ([arrived, order]) => {
      const acks = tracker(0, ...arrived)
      const done = new Set<number>()
      let last = 0
      for (const seq of order) {
        done.add(seq)
        const open = arrived.findIndex((each) => !done.has(each))
        const expected = (open < 0 ? arrived : arrived.slice(0, open)).at(-1) ?? 0
        assert.equal(acks.done(seq), expected === last ? undefined : expected)
        last = expected
      }
      assert.deepEqual(acks.position, { epoch: 'e', seq: arrived.at(-1) })
    }),
    { numRuns: 300 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeliveryWindow } from '../src/session/delivery-window.ts'

test('the window closes at its number of messages and opens with an acknowledgement', () => {
  const window = new DeliveryWindow(2, 1000)
  window.push(4, 10)
  assert.equal(window.open, true)
  window.push(9, 10)
  assert.equal(window.open, false)
  assert.equal(window.acknowledge(4), true)
  assert.deepEqual([window.open, window.size, window.newest], [true, 1, 9])
})

test('the window closes at its number of bytes, but one message always fits', () => {
  const window = new DeliveryWindow(10, 100)
  window.push(1, 5000)
  assert.equal(window.open, false)
  window.acknowledge(1)
  window.push(2, 99)
  assert.equal(window.open, true)
  window.push(3, 1)
  assert.equal(window.open, false)
})

test('an acknowledgement tells nothing new when it comes again or goes back', () => {
  const window = new DeliveryWindow(10, 100)
  window.restart(5)
  window.push(8, 1)
  assert.equal(window.acknowledge(5), false)
  assert.equal(window.acknowledge(7), true, 'a hole between two positions may be acknowledged')
  assert.equal(window.size, 1)
  assert.equal(window.acknowledge(8), true)
  assert.equal(window.acknowledge(8), false)
  assert.equal(window.acknowledge(6), false)
})

test('a restart forgets what was under way', () => {
  const window = new DeliveryWindow(1, 100)
  window.push(3, 100)
  window.restart(2)
  assert.deepEqual([window.open, window.size, window.newest], [true, 0, 2])
  assert.equal(window.acknowledge(2), false)
})

test('size and openness follow from what was pushed and acknowledged', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ acknowledge: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const window = new DeliveryWindow(5, 100)
      let kept: { seq: number; bytes: number }[] = []
      let newest = 0
      for (const next of steps) {
        if ('push' in next) {
          newest += next.push
          window.push(newest, next.bytes)
          kept.push({ seq: newest, bytes: next.bytes })
        } else {
          const seq = Math.max(0, newest - next.acknowledge)
          window.acknowledge(seq)
          kept = kept.filter((entry) => entry.seq > seq)
        }
        const bytes = kept.reduce((sum, entry) => sum + entry.bytes, 0)
        assert.equal(window.size, kept.length)
        assert.equal(window.open, kept.length === 0 || (kept.length < 5 && bytes < 100))
      }
    }),
    { numRuns: 200 },
  )
})

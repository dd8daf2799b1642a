import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { HeldClock } from '../src/door/held-clock.ts'

test('a held clock tells one moment until it is released, and runs its timers all the same', () => {
  const clock = new ManualClock()
  const held = new HeldClock(clock)
  const start = { now: held.now(), elapsed: held.elapsed() }
  let rang = 0
  held.after(5, () => rang++)
  clock.advance(10)
  assert.deepEqual([held.now(), held.elapsed(), rang], [start.now + 10, start.elapsed + 10, 1])
  held.hold()
  assert.deepEqual([held.now(), held.elapsed()], [start.now + 10, start.elapsed + 10])
  clock.advance(10)
  assert.deepEqual([held.now(), held.elapsed()], [start.now + 10, start.elapsed + 10])
  held.release()
  assert.deepEqual([held.now(), held.elapsed()], [start.now + 20, start.elapsed + 20])
})

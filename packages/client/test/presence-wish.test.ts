import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PresenceWish } from '../src/dialog/presence-wish.ts'

test('of two questions under way one answer proves neither: the last is asked again on the next connection', () => {
  const asked: boolean[] = []
  const wish = new PresenceWish((watch) => asked.push(watch))
  wish.welcomed(false)
  wish.wish(true, true)
  wish.wish(false, false)
  wish.welcomed(true)
  wish.wish(true, true)
  // What the resumed session sent by itself; the questions may still get lost.
  wish.answered()
  assert.deepEqual(asked.splice(0), [true, false, true])
  wish.welcomed(true)
  assert.deepEqual(asked, [true])
})

test('one question that was answered is not asked again on a resumed session', () => {
  const asked: boolean[] = []
  const wish = new PresenceWish((watch) => asked.push(watch))
  wish.welcomed(false)
  wish.wish(true, true)
  wish.answered()
  wish.welcomed(true)
  assert.deepEqual(asked, [true])
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { Deadlines } from '../src/calls/deadlines.ts'

function watched(): { clock: ManualClock; over: string[]; deadlines: Deadlines<string> } {
  const clock = new ManualClock()
  const over: string[] = []
  return { clock, over, deadlines: new Deadlines<string>(clock, (thing) => over.push(thing)) }
}

suite('deadlines', () => {
  test('are never told early, and at most 50 ms late, in whatever order they were added', () => {
    const { clock, over, deadlines } = watched()
    const due = [700, 20, 51, 50, 30_000, 400, 20]
    for (const [index, ms] of due.entries()) deadlines.add(`${index}:${ms}`, ms)
    for (let now = 0; now <= 30_050; now += 10) {
      for (const thing of over) assert.ok(Number(thing.split(':')[1]) <= now, `${thing} at ${now}`)
      const late = due.filter((ms) => ms + 50 <= now).length
      assert.ok(over.length >= late, `${over.length} of ${late} at ${now}`)
      clock.advance(10)
    }
    assert.equal(over.length, due.length)
  })

  test('leave no timer behind once nothing is watched', () => {
    const { clock, over, deadlines } = watched()
    const first = deadlines.add('first', 100)
    const second = deadlines.add('second', 5000)
    assert.equal(clock.pending, 1)
    deadlines.delete('first', first)
    deadlines.delete('first', first)
    deadlines.delete('second', second)
    assert.equal(clock.pending, 0)
    deadlines.add('third', 100)
    clock.advance(10_000)
    assert.deepEqual(over, ['third'])
    assert.equal(clock.pending, 0)
  })

  test('that fall due together may end each other and begin others', () => {
    const clock = new ManualClock()
    const over: string[] = []
    const steps = new Map<string, number>()
    const deadlines: Deadlines<string> = new Deadlines<string>(clock, (thing) => {
      over.push(thing)
      if (thing === 'a') {
        deadlines.delete('far', steps.get('far') ?? 0)
        deadlines.add('next', 100)
      }
    })
    for (const [thing, ms] of Object.entries({ far: 900, a: 100, b: 100 })) steps.set(thing, deadlines.add(thing, ms))
    clock.advance(150)
    assert.deepEqual(over, ['a', 'b'])
    clock.advance(1000)
    assert.deepEqual(over, ['a', 'b', 'next'])
    assert.equal(clock.pending, 0)
    deadlines.add('left', 100)
    deadlines.clear()
    clock.advance(1000)
    assert.equal(over.length, 3)
  })
})

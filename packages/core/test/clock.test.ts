import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock, systemClock } from '@posthouse/core'
import fc from 'fast-check'

describe('a manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = new ManualClock(1000)
    assert.deepEqual([clock.now(), clock.elapsed()], [1000, 0])
    clock.advance(250)
    assert.deepEqual([clock.now(), clock.elapsed()], [1250, 250])
  })

  it('runs what falls due in order of time, and at one time in order of request', () => {
    const clock = new ManualClock(0)
    const ran: string[] = []
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
    ] as const) {
      clock.after(ms, () => ran.push(`${name}@${clock.now()}`))
    }
    clock.advance(19)
    assert.deepEqual(ran, ['a@10'])
    clock.advance(11)
    assert.deepEqual(ran, ['a@10', 'b1@20', 'b2@20', 'c@30'])
    assert.equal(clock.pending, 0)
  })

  it('runs what a task asks for, if it still falls due', () => {
    const clock = new ManualClock(0)
    const ran: number[] = []
    const tick = (): void => {
      ran.push(clock.now())
      clock.after(10, tick)
    }
    clock.after(10, tick)
    clock.advance(35)
    assert.deepEqual(ran, [10, 20, 30])
    assert.equal(clock.pending, 1)
  })

  it('does not run a task that was disposed of, even by another that is due at the same time', () => {
    const clock = new ManualClock()
    const ran: string[] = []
    clock.after(10, () => second[Symbol.dispose]())
    const second = clock.after(10, () => ran.push('second'))
    const third = clock.after(5, () => ran.push('third'))
    third[Symbol.dispose]()
    third[Symbol.dispose]()
    clock.advance(20)
    assert.deepEqual(ran, [])
    assert.equal(clock.pending, 0)
  })

  it('never goes back when a task moves it on', () => {
    const clock = new ManualClock(0)
    const ran: string[] = []
    clock.after(10, () => {
      ran.push('outer')
      clock.advance(100)
      ran.push(`back at ${clock.elapsed()}`)
    })
    clock.after(15, () => ran.push(`inner at ${clock.elapsed()}`))
    clock.advance(20)
    assert.deepEqual(ran, ['outer', 'inner at 15', 'back at 110'])
    assert.deepEqual([clock.now(), clock.elapsed()], [110, 110])
  })

  it('keeps its timers when the wall clock jumps', () => {
    const clock = new ManualClock(10_000)
    let ran = 0
    clock.after(100, () => ran++)
    clock.jump(-5000)
    assert.deepEqual([clock.now(), clock.elapsed()], [5000, 0])
    clock.advance(99)
    assert.equal(ran, 0)
    clock.advance(1)
    assert.equal(ran, 1)
  })

  it('goes on after a task that throws', () => {
    const clock = new ManualClock(0)
    let ran = false
    clock.after(10, () => assert.fail('on purpose'))
    clock.after(20, () => {
      ran = true
    })
    assert.throws(() => clock.advance(30), { message: 'on purpose' })
    assert.equal(clock.elapsed(), 10)
    clock.advance(10)
    assert.equal(ran, true)
  })

  it('comes to the same in one step or in many', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 20 }),
        fc.array(fc.nat(50), { maxLength: 20 }),
        (delays, steps) => {
          const run = (moves: number[]): number[] => {
            const clock = new ManualClock(0)
            const ran: number[] = []
            for (const [index, ms] of delays.entries()) clock.after(ms, () => ran.push(index, clock.elapsed()))
            for (const ms of moves) clock.advance(ms)
            return ran
          }
          assert.deepEqual(run(steps), run([steps.reduce((sum, step) => sum + step, 0)]))
        },
      ),
    )
  })
})

describe('the system clock', () => {
  it('tells the time of the machine, and time that only grows', () => {
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
    const before = systemClock.elapsed()
    assert.ok(systemClock.elapsed() >= before)
  })

  it('runs a task once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _timer = systemClock.after(1, resolve)
    await promise
  })

  it('does not run a task that was disposed of', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let ran = false
    const timer = systemClock.after(10, () => {
      ran = true
    })
    timer[Symbol.dispose]()
    t.mock.timers.tick(20)
    assert.equal(ran, false)
  })

  it('waits longer than the platform can count', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const month = 30 * 86_400_000
    let ran = 0
    using _timer = systemClock.after(month, () => ran++).unref()
    t.mock.timers.tick(2 ** 31 - 1)
    assert.equal(ran, 0)
    t.mock.timers.tick(month - 2 ** 31)
    assert.equal(ran, 0)
    t.mock.timers.tick(1)
    assert.equal(ran, 1)
  })
})

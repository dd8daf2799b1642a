import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { type Clock, ManualClock } from '@posthouse/core'
import { bulkhead, type RefusalNotice, run, stack, timeout } from '@posthouse/core/policy'
import { deferredTask, settle } from './deferred-tasks.ts'

describe('a bulkhead', () => {
  it('lets as many tasks run as it says, and refuses more', async () => {
    const { task, told, end } = deferredTask<string>()
    const policy = bulkhead({ limit: 2 })
    const first = run(policy, task)
    const second = run(policy, task)
    await assert.rejects(run(policy, task), {
      code: 'bulkhead_full',
      message: '2 tasks are under way and 0 wait',
    })
    end(0, 'first')
    assert.equal(await first, 'first')
    const third = run(policy, task)
    assert.equal(told.length, 3)
    end(1, new Error('second'))
    end(2, 'third')
    await assert.rejects(second, { message: 'second' })
    assert.equal(await third, 'third')
  })

  it('lets others wait, first come, first served', async () => {
    const clock = new ManualClock()
    const { task, told, end } = deferredTask<string>()
    const policy = bulkhead({ limit: 1, queue: 2, keyOf: () => '', clock })
    const running = ['a', 'b', 'c'].map((key) => run(policy, task, { key }))
    await assert.rejects(run(policy, task), { code: 'bulkhead_full', message: '1 tasks are under way and 2 wait' })
    for (let i = 0; i < 3; i++) {
      end(i, 'done')
      await settle()
    }
    await Promise.all(running)
    assert.deepEqual([told.map(({ key }) => key), clock.pending], [['a', 'b', 'c'], 0])
  })

  it('gives the place of one that ended to who waits, not to who comes in that moment', async () => {
    const { task, told, end } = deferredTask<string>()
    const policy = bulkhead({ limit: 1, queue: 2, keyOf: () => '' })
    const first = run(policy, task, { key: 'first' })
    const waiting = run(policy, task, { key: 'waiting' })
    end(0, 'done')
    await first
    const late = run(policy, task, { key: 'late' })
    assert.equal(told.length, 2)
    end(1, 'done')
    await waiting
    end(2, 'done')
    await late
    assert.deepEqual(
      told.map(({ key }) => key),
      ['first', 'waiting', 'late'],
    )
  })

  it('refuses who waited too long', async () => {
    const clock = new ManualClock()
    const notices: RefusalNotice[] = []
    const policy = bulkhead({ limit: 1, queue: 1, maxWaitMs: 100, onRefuse: (notice) => notices.push(notice), clock })
    const { task, end } = deferredTask<string>()
    const first = run(policy, task, { key: 'a' })
    const second = run(policy, task, { key: 'a' })
    clock.advance(100)
    await assert.rejects(second, { code: 'bulkhead_full', message: 'none of 1 tasks ended within 100 ms' })
    end(0, 'done')
    await first
    assert.deepEqual([notices, clock.pending], [[{ key: 'a', reason: 'time' }], 0])
  })

  it('lets those who wait keep the deadline that they came with', async () => {
    const clock = new ManualClock()
    const policy = stack(timeout({ ms: 250, clock }), bulkhead({ limit: 1, queue: 5, maxWaitMs: 10_000, clock }))
    const { task, end } = deferredTask<string>()
    const first = run(stack(policy), task)
    const second = run(policy, task)
    clock.advance(200)
    const third = run(policy, task)
    clock.advance(50)
    await assert.rejects(first, { code: 'timeout' })
    await assert.rejects(second, { code: 'timeout' })
    end(0, 'too late for its caller')
    await settle()
    end(1, 'third')
    assert.equal(await third, 'third')
    assert.equal(clock.pending, 0)
  })

  it('refuses by a deadline over which nobody else watches', async () => {
    const clock = new ManualClock()
    const policy = bulkhead({ limit: 1, queue: 1, clock })
    const { task, end } = deferredTask<string>()
    const first = run(policy, task)
    const second = run(policy, task, { deadline: 70 })
    clock.advance(70)
    await assert.rejects(second, { code: 'bulkhead_full' })
    end(0, 'done')
    await first
    assert.equal(clock.pending, 0)
  })

  it('counts a task that was given up until it has really ended', async () => {
    const caller = new AbortController()
    const { task, end } = deferredTask<string>()
    const policy = bulkhead({ limit: 1 })
    const running = run(policy, task, { signal: caller.signal })
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    await assert.rejects(run(policy, task), { code: 'bulkhead_full' })
    end(0, 'done')
    await settle()
    assert.equal(await run(policy, async () => 'next'), 'next')
  })

  it('lets a caller give up who waits, without a trace', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const policy = bulkhead({ limit: 1, queue: 1, maxWaitMs: 1000, clock })
    const { task, told, end } = deferredTask<string>()
    const first = run(policy, task)
    const second = run(policy, task, { signal: caller.signal })
    caller.abort()
    await assert.rejects(second, { code: 'aborted' })
    assert.equal(clock.pending, 0)
    const third = run(policy, task)
    end(0, 'first')
    await first
    end(1, 'third')
    assert.equal(await third, 'third')
    assert.equal(told.length, 2)
  })

  it('lets go of the signal of who waited', async () => {
    const { signal } = new AbortController()
    const policy = bulkhead({ limit: 1, queue: 1 })
    const { task, end } = deferredTask<string>()
    const first = run(policy, task)
    const second = policy(task, { signal, attempt: 1 })
    assert.equal(getEventListeners(signal, 'abort').length, 1)
    end(0, 'first')
    await first
    end(1, 'second')
    await second
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('frees the place of a task that throws before it promises anything', async () => {
    const policy = bulkhead({ limit: 1 })
    const task = (): Promise<never> => {
      throw new Error('at once')
    }
    await assert.rejects(run(policy, task), { message: 'at once' })
    assert.equal(await run(policy, async () => 'next'), 'next')
  })

  it('lets nobody wait whose deadline has passed', async () => {
    const clock = new ManualClock()
    clock.advance(100)
    const waits: number[] = []
    const watched: Clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (ms, task) => {
        waits.push(ms)
        return clock.after(ms, task)
      },
    }
    const policy = bulkhead({ limit: 1, queue: 1, clock: watched })
    const { task, end } = deferredTask<string>()
    const first = run(policy, task)
    const late = run(policy, task, { deadline: 50 })
    // Node warns of times below zero.
    assert.deepEqual(waits, [0])
    clock.advance(0)
    await assert.rejects(late, { code: 'bulkhead_full' })
    end(0, 'done')
    assert.equal(await first, 'done')
  })

  it('frees the place of a task whose hook throws', async () => {
    const onWaited = (): void => {
      throw new Error('hook')
    }
    const policy = bulkhead({ limit: 1, queue: 1, onWaited })
    const { task, end } = deferredTask<string>()
    const first = run(policy, task)
    const second = run(policy, task)
    end(0, 'done')
    await first
    await assert.rejects(second, { message: 'hook' })
    assert.equal(await run(policy, async () => 'next'), 'next')
  })

  it('is one for each key, and tells how long was waited', async () => {
    const clock = new ManualClock()
    const waited: unknown[] = []
    const policy = bulkhead({ limit: 1, queue: 1, onWaited: (notice) => waited.push(notice), clock })
    const { task, end } = deferredTask<string>()
    const a = run(policy, task, { key: 'a' })
    const b = run(policy, task, { key: 'b' })
    const c = run(policy, task, { key: 'b' })
    clock.advance(30)
    for (let i = 0; i < 3; i++) {
      end(i, 'done')
      await settle()
    }
    await Promise.all([a, b, c])
    assert.deepEqual(waited, [{ key: 'b', waitedMs: 30 }])
  })

  it('does not forget a key that is in use', async () => {
    const policy = bulkhead({ limit: 1, maxKeys: 1 })
    const { task, end } = deferredTask<string>()
    const a = run(policy, task, { key: 'a' })
    for (const key of ['b', 'c', 'd']) assert.equal(await run(policy, async () => key, { key }), key)
    await assert.rejects(run(policy, task, { key: 'a' }), { code: 'bulkhead_full' })
    end(0, 'done')
    await a
  })

  it('refuses options that cannot be', () => {
    for (const options of [{}, { limit: 0 }, { limit: 1.5 }, { limit: 1, queue: -1 }, { limit: 1, maxWaitMs: 0 }]) {
      assert.throws(() => bulkhead(options as { limit: number }), { code: 'invalid_option', message: /^bulkhead/ })
    }
  })
})

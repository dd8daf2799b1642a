import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { hedge, RetryBudget, run, stack, timeout } from '@posthouse/core/policy'
import { deferredTask, settle } from './deferred-tasks.ts'

const allowed = (): boolean => true

describe('a hedge', () => {
  it('does nothing about a task that answers in time', async () => {
    const clock = new ManualClock()
    const { task, told, end } = deferredTask<string>()
    const running = run(hedge({ delayMs: 100, allowed, clock }), task)
    clock.advance(99)
    end(0, 'first')
    assert.equal(await running, 'first')
    assert.deepEqual([told.length, clock.pending], [1, 0])
  })

  it('begins the task once more when its answer takes long, and takes whichever comes first', async () => {
    const clock = new ManualClock()
    const hedges: unknown[] = []
    const { task, told, end } = deferredTask<string>()
    const policy = hedge({ delayMs: 100, allowed, onHedge: (notice) => hedges.push(notice), clock })
    const running = run(policy, task, { key: 'a' })
    clock.advance(100)
    assert.equal(told.length, 2)
    end(1, 'second')
    assert.equal(await running, 'second')
    assert.deepEqual([told[0]?.signal.aborted, told[1]?.signal.aborted], [true, false])
    assert.deepEqual([hedges, clock.pending], [[{ key: 'a', hedge: 1 }], 0])
  })

  it('begins as many more as it may, one after the other', async () => {
    const clock = new ManualClock()
    const { task, told, end } = deferredTask<string>()
    const running = run(hedge({ delayMs: 100, extra: 2, allowed, clock }), task)
    for (const expected of [2, 3, 3]) {
      clock.advance(100)
      assert.equal(told.length, expected)
    }
    end(0, 'first after all')
    assert.equal(await running, 'first after all')
    assert.deepEqual(
      told.map(({ signal }) => signal.aborted),
      [false, true, true],
    )
  })

  it('waits for the others when one fails, and fails with the last of them', async () => {
    const clock = new ManualClock()
    const { task, end } = deferredTask<string>()
    const policy = hedge({ delayMs: 100, allowed, clock })
    const saved = run(policy, task)
    clock.advance(100)
    end(0, new Error('first'))
    await settle()
    end(1, 'second')
    assert.equal(await saved, 'second')
    const lost = run(policy, task)
    clock.advance(100)
    end(3, new Error('second'))
    await settle()
    end(2, new Error('first'))
    await assert.rejects(lost, { message: 'first' })
    assert.equal(clock.pending, 0)
  })

  it('leaves a failure before its time to whoever tries again', async () => {
    const clock = new ManualClock()
    const { task, told, end } = deferredTask<string>()
    const running = run(hedge({ delayMs: 100, allowed, clock }), task)
    end(0, new Error('early'))
    await assert.rejects(running, { message: 'early' })
    assert.deepEqual([told.length, clock.pending], [1, 0])
  })

  it('runs a task once that may not run several times', async () => {
    const clock = new ManualClock()
    const { task, told, end } = deferredTask<string>()
    const running = run(hedge({ delayMs: 100, allowed: ({ key }) => key === 'read', clock }), task, { key: 'write' })
    clock.advance(1000)
    end(0, 'done')
    assert.equal(await running, 'done')
    assert.equal(told.length, 1)
  })

  it('keeps to its budget', async () => {
    const clock = new ManualClock()
    const budget = new RetryBudget({ minimum: 1, ratio: 0, clock })
    const { task, told, end } = deferredTask<string>()
    const running = [1, 2].map(() => run(hedge({ delayMs: 100, allowed, budget, clock }), task))
    clock.advance(100)
    assert.equal(told.length, 3)
    for (const attempt of [0, 1, 2]) end(attempt, 'done')
    assert.deepEqual(await Promise.all(running), ['done', 'done'])
  })

  it('takes a result that is none only where no other attempt may bring one, and frees the rest', async () => {
    const clock = new ManualClock()
    const discarded: number[] = []
    const { task, end } = deferredTask<number>()
    const policy = hedge<number>({
      delayMs: 100,
      allowed,
      byResult: (status) => status === 503,
      discard: (status) => discarded.push(status),
      clock,
    })
    const running = run(policy, task)
    clock.advance(100)
    end(0, 503)
    await settle()
    end(1, 200)
    assert.equal(await running, 200)
    const only = run(policy, task)
    end(2, 503)
    assert.equal(await only, 503)
    assert.deepEqual(discarded, [503])
  })

  it('frees a result that comes after the answer', async () => {
    const clock = new ManualClock()
    const discarded: string[] = []
    const { task, end } = deferredTask<string>()
    const policy = hedge<string>({ delayMs: 100, allowed, discard: (result) => discarded.push(result), clock })
    const running = run(policy, task)
    clock.advance(100)
    end(1, 'second')
    end(0, 'first')
    assert.equal(await running, 'second')
    await settle()
    assert.deepEqual(discarded, ['first'])
  })

  it('ends with its caller, all attempts of it', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const { task, told } = deferredTask<string>()
    const running = run(hedge({ delayMs: 100, allowed, clock }), task, { signal: caller.signal })
    clock.advance(100)
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    assert.deepEqual([told.map(({ signal }) => signal.aborted), clock.pending], [[true, true], 0])
  })

  it('ends with a timeout around it', async () => {
    const clock = new ManualClock()
    const { task, told } = deferredTask<string>()
    const running = run(stack(timeout({ ms: 150, clock }), hedge({ delayMs: 100, allowed, clock })), task)
    clock.advance(100)
    clock.advance(50)
    await assert.rejects(running, { code: 'timeout' })
    assert.deepEqual([told.map(({ signal }) => signal.aborted), clock.pending], [[true, true], 0])
  })

  it('fails with what a hook throws', async () => {
    const clock = new ManualClock()
    const onHedge = (): void => {
      throw new Error('hook')
    }
    const running = run(hedge({ delayMs: 100, allowed, onHedge, clock }), () => new Promise(() => undefined))
    clock.advance(100)
    await assert.rejects(running, { message: 'hook' })
    assert.equal(clock.pending, 0)
  })

  it('asks whether a task may run several times', () => {
    assert.throws(() => hedge({ delayMs: 100 } as never), {
      code: 'invalid_option',
      message: 'hedge needs the option allowed',
    })
  })
})

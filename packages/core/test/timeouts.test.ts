import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPosthouseError, ManualClock, PosthouseError } from '@posthouse/core'
import { constantBackoff, type Execution, retry, run, stack, timeout } from '@posthouse/core/policy'
import { settle } from './deferred-tasks.ts'

const never = new Promise<never>(() => undefined)

/** A task that never ends, and what it was told. */
function endlessTask(): { readonly told: Execution[]; readonly task: (execution: Execution) => Promise<never> } {
  const told: Execution[] = []
  const task = (execution: Execution): Promise<never> => {
    told.push(execution)
    return never
  }
  return { told, task }
}

describe('a timeout', () => {
  it('lets a task that is in time be, and leaves no timer behind', async () => {
    const clock = new ManualClock()
    assert.equal(await run(timeout({ ms: 100, clock }), async () => 'done'), 'done')
    await assert.rejects(
      run(timeout({ ms: 100, clock }), () => Promise.reject(new Error('own'))),
      { message: 'own' },
    )
    assert.equal(clock.pending, 0)
  })

  it('gives up a task that does not listen, exactly when its time is up', async () => {
    const clock = new ManualClock()
    const { told, task } = endlessTask()
    let settled = false
    const running = run(timeout({ ms: 100, clock }), task)
    running.catch(() => {
      settled = true
    })
    clock.advance(99)
    await Promise.resolve()
    assert.deepEqual([settled, told[0]?.signal.aborted], [false, false])
    clock.advance(1)
    await assert.rejects(running, { code: 'timeout', message: 'no answer within 100 ms' })
    assert.equal(told[0]?.signal.aborted, true)
    const reason: unknown = told[0]?.signal.reason
    assert.equal(isPosthouseError(reason) && reason.code, 'timeout')
    assert.equal(clock.pending, 0)
  })

  it('of all attempts together rejects with an error of its own', async () => {
    const clock = new ManualClock()
    const running = run(timeout({ ms: 100, scope: 'total', clock }), () => never)
    clock.advance(100)
    await assert.rejects(running, { code: 'deadline_exceeded' })
  })

  it('rejects with the error that its owner wants', async () => {
    const clock = new ManualClock()
    const error = (): PosthouseError => new PosthouseError('unreachable', 'too slow')
    const told: (string | undefined)[] = []
    const policy = timeout({ ms: 100, error, onTimeout: ({ key }) => told.push(key), clock })
    const running = run(policy, () => never, { key: 'a' })
    clock.advance(100)
    await assert.rejects(running, { code: 'unreachable', message: 'too slow' })
    assert.deepEqual(told, ['a'])
  })

  it('tells the task its deadline', async () => {
    const clock = new ManualClock()
    clock.advance(50)
    assert.equal(await run(timeout({ ms: 100, clock }), async ({ deadline }) => deadline), 150)
  })

  it('leaves the watch over an earlier deadline to the one around it', async () => {
    const clock = new ManualClock()
    const { told, task } = endlessTask()
    const policy = stack(timeout({ ms: 50, scope: 'total', clock }), timeout({ ms: 100, clock }))
    const running = run(policy, task)
    assert.deepEqual([clock.pending, told[0]?.deadline], [1, 50])
    clock.advance(50)
    await assert.rejects(running, { code: 'deadline_exceeded' })
    assert.equal(told[0]?.signal.aborted, true)
  })

  it('watches over an earlier deadline that only run was told, also from within a retry', async () => {
    const clock = new ManualClock()
    for (const policy of [timeout({ ms: 100, clock }), stack(retry({ clock }), timeout({ ms: 100, clock }))]) {
      const { told, task } = endlessTask()
      const running = run(policy, task, { deadline: clock.elapsed() + 50 })
      assert.equal(told[0]?.deadline, clock.elapsed() + 50)
      clock.advance(50)
      await assert.rejects(running, { code: 'deadline_exceeded', message: 'not done by the deadline' })
      assert.deepEqual([clock.pending, told[0]?.signal.aborted], [0, true])
    }
  })

  it('within another ends the attempt only', async () => {
    const clock = new ManualClock()
    const policy = stack(timeout({ ms: 100, scope: 'total', clock }), timeout({ ms: 50, clock }))
    const running = run(policy, () => never)
    assert.equal(clock.pending, 2)
    clock.advance(50)
    await assert.rejects(running, { code: 'timeout' })
    assert.equal(clock.pending, 0)
  })

  it('says nothing to an attempt that has ended', async () => {
    const clock = new ManualClock()
    const { told, task } = endlessTask()
    const failsOnce = (execution: Execution): Promise<never> => {
      const running = task(execution)
      return execution.attempt === 1 && !execution.signal.aborted ? Promise.reject(new Error('no')) : running
    }
    const again = retry({ backoff: constantBackoff(10), clock })
    const running = run(
      stack(timeout({ ms: 100, scope: 'total', clock }), again, timeout({ ms: 50, clock })),
      failsOnce,
    )
    await settle()
    clock.advance(10)
    await settle()
    assert.equal(told.length, 2)
    clock.advance(50)
    await settle()
    clock.advance(40)
    await assert.rejects(running, { code: 'deadline_exceeded' })
    assert.deepEqual([told[0]?.signal.aborted, told[1]?.signal.aborted], [false, true])
  })

  it('ends with the caller, and stops its timer although the task does not listen', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const running = run(timeout({ ms: 100, clock }), () => never, { signal: caller.signal })
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    assert.equal(clock.pending, 0)
  })

  it('ends with a signal that somebody else than run hands it', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const running = timeout({ ms: 100, clock })(() => never, { signal: caller.signal, attempt: 1 })
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    const again = timeout({ ms: 100, clock })(() => never, { signal: caller.signal, attempt: 1 })
    await assert.rejects(again, { code: 'aborted' })
    assert.equal(clock.pending, 0)
  })

  it('that is endless needs no timer', async () => {
    const clock = new ManualClock()
    const pending = await run(timeout({ ms: Number.POSITIVE_INFINITY, clock }), async () => clock.pending)
    assert.equal(pending, 0)
  })

  it('refuses times that cannot be', () => {
    for (const ms of [0, -1, Number.NaN, '5']) {
      assert.throws(() => timeout({ ms } as { ms: number }), { code: 'invalid_option', message: /timeout: ms must be/ })
    }
    assert.throws(() => timeout({ ms: Object.create(null) }), { code: 'invalid_option', message: /not an object$/ })
    for (const options of [undefined, null, 5000])
      assert.throws(() => timeout(options as unknown as { ms: number }), {
        code: 'invalid_option',
        message: 'timeout needs an object with options',
      })
    assert.throws(() => timeout({} as { ms: number }), {
      code: 'invalid_option',
      message: 'timeout needs the option ms',
    })
  })
})

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import {
  type AnyPolicy,
  bulkhead,
  circuitBreaker,
  type Execution,
  fallback,
  hedge,
  type Policy,
  pause,
  rateLimit,
  retry,
  run,
  stack,
  type Task,
  throwIfAborted,
  timeout,
} from '@posthouse/core/policy'

const never = new Promise<never>(() => undefined)

function named(name: string, said: string[]): AnyPolicy {
  return async (task, execution) => {
    said.push(`${name} in`)
    const result = await task(execution)
    said.push(`${name} out`)
    return result
  }
}

describe('a stack of policies', () => {
  it('runs the first one outermost', async () => {
    const said: string[] = []
    const policy = stack(named('first', said), named('second', said))
    assert.equal(await run(policy, async () => said.push('task')), 3)
    assert.deepEqual(said, ['first in', 'second in', 'task', 'second out', 'first out'])
  })

  it('of none is the task itself', async () => {
    assert.equal(await run(stack(), async () => 'done'), 'done')
  })

  it('takes policies for any task together with those for one kind of result', async () => {
    const doubled: Policy<number> = async (task, execution) => 2 * (await task(execution))
    const policy: Policy<number> = stack(named('any', []), doubled)
    assert.equal(await run(policy, async () => 21), 42)
  })
})

describe('every policy', () => {
  const all: Readonly<Record<string, Policy<string>>> = {
    bulkhead: bulkhead({ limit: 1 }),
    circuitBreaker: circuitBreaker(),
    fallback: fallback<string>({ use: () => 'fallen', byError: () => false }),
    hedge: hedge({ allowed: () => true, delayMs: 60_000 }),
    rateLimit: rateLimit({ perSecond: 100, adaptive: true }),
    retry: retry({ attempts: 1 }),
    timeout: timeout({ ms: 60_000 }),
  }

  for (const [name, policy] of Object.entries(all)) {
    it(`takes a task that gives its result at once, as programs without types have: ${name}`, async () => {
      const task = (() => 'done') as unknown as Task<string>
      assert.equal(await run(policy, task), 'done')
      assert.equal(await run(policy, task, { signal: new AbortController().signal }), 'done')
    })

    it(`rejects with what a task throws at once: ${name}`, async () => {
      const task = (() => {
        throw new Error('at once')
      }) as Task<string>
      await assert.rejects(run(policy, task), { message: 'at once' })
    })
  }
})

describe('a pause', () => {
  it('ends when its time is up, and leaves neither a timer nor a listener behind', async () => {
    const clock = new ManualClock()
    const { signal } = new AbortController()
    const waits = Promise.all([pause(10, clock, signal), pause(10, clock)])
    clock.advance(10)
    await waits
    assert.deepEqual([clock.pending, getEventListeners(signal, 'abort').length], [0, 0])
  })

  it('ends at once with the reason of who gives up, as an error of ours', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const reason = new Error('enough')
    const waiting = pause(10, clock, caller.signal)
    caller.abort(reason)
    await assert.rejects(waiting, { code: 'aborted', cause: reason })
    await assert.rejects(pause(10, clock, caller.signal), { code: 'aborted', cause: reason })
    assert.throws(() => throwIfAborted(caller.signal), { code: 'aborted', cause: reason })
    throwIfAborted(new AbortController().signal)
    throwIfAborted(undefined)
    assert.equal(clock.pending, 0)
  })
})

describe('running a task', () => {
  it('tells it what the caller said', async () => {
    const told: Execution = await run(stack(), async (execution) => execution, { key: 'a', deadline: 5 })
    assert.deepEqual([told.attempt, told.key, told.deadline, told.signal.aborted], [1, 'a', 5, false])
  })

  it('rejects at once when the caller gives up, whether or not the task listens', async () => {
    const caller = new AbortController()
    const running = run(stack(), () => never, { signal: caller.signal })
    const reason = new Error('enough')
    caller.abort(reason)
    await assert.rejects(running, { code: 'aborted', cause: reason })
  })

  it('does not begin for a caller that has given up before', async () => {
    const task = async () => assert.fail('ran')
    await assert.rejects(run(stack(), task, { signal: AbortSignal.abort() }), { code: 'aborted' })
  })

  it('aborts the signal of the task, also one that is asked for afterwards', async () => {
    const caller = new AbortController()
    const told: Execution[] = []
    const task = (execution: Execution): Promise<never> => {
      told.push(execution)
      return never
    }
    const running = run(stack(), task, { signal: caller.signal })
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    assert.equal(told[0]?.signal.aborted, true)
  })

  it('lets go of the signal of the caller', async () => {
    const caller = new AbortController()
    await run(stack(), async ({ signal }) => signal.aborted, { signal: caller.signal })
    await assert.rejects(run(stack(), () => Promise.reject(new Error('no')), { signal: caller.signal }))
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0)
  })

  it('rejects with what a task throws before it promises anything', async () => {
    const task = (): Promise<never> => {
      throw new Error('at once')
    }
    await assert.rejects(run(stack(), task), { message: 'at once' })
    await assert.rejects(run(stack(), task, { signal: new AbortController().signal }), { message: 'at once' })
  })
})

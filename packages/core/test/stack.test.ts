import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { type AnyPolicy, type Execution, type Policy, run, stack } from '@posthouse/core/policy'

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

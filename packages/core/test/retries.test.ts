import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import {
  type AnyPolicy,
  constantBackoff,
  type Execution,
  type GiveUpNotice,
  RetryBudget,
  type RetryNotice,
  retry,
  run,
  stack,
  timeout,
} from '@posthouse/core/policy'
import { finish, scriptedTask, settle } from './deferred-tasks.ts'

const none = constantBackoff(0)

describe('a retry', () => {
  it('runs a task once that does what it should', async () => {
    const task = scriptedTask('done')
    assert.equal(await run(retry(), task), 'done')
    assert.deepEqual(task.ran, [1])
  })

  it('runs it again until it does, and tells it which attempt it is', async () => {
    const task = scriptedTask(new Error('a'), new Error('b'), 'done')
    const clock = new ManualClock()
    assert.equal(await finish(run(retry({ clock }), task), clock), 'done')
    assert.deepEqual([task.ran, clock.pending], [[1, 2, 3], 0])
  })

  it('gives up after three attempts by default, and throws the very last error', async () => {
    const errors = ['a', 'b', 'c', 'd'].map((text) => new Error(text))
    const clock = new ManualClock()
    const task = scriptedTask<never>(...errors)
    const error = await finish(run(retry({ clock }), task), clock).catch((reason: unknown) => reason)
    assert.equal(error, errors[2])
    assert.deepEqual([task.ran, clock.pending], [[1, 2, 3], 0])
  })

  it('waits as its backoff says, and tells it the wait before', async () => {
    const clock = new ManualClock()
    const asked: (number | undefined)[][] = []
    const policy = retry({
      attempts: 4,
      backoff: (attempt, previousMs) => {
        asked.push([attempt, previousMs])
        return attempt * 100
      },
      clock,
    })
    await assert.rejects(finish(run(policy, scriptedTask<never>(new Error('no'))), clock))
    assert.deepEqual(asked, [
      [1, undefined],
      [2, 100],
      [3, 200],
    ])
    assert.equal(clock.elapsed(), 600)
  })

  it('within another one counts on', async () => {
    const task = scriptedTask<never>(new Error('no'))
    const twice = retry({ attempts: 2, backoff: none })
    await assert.rejects(run(stack(twice, twice), task))
    assert.deepEqual(task.ran, [1, 2, 2, 3])
  })

  it('lets go of the signal for which it listened while it waited', async () => {
    const { signal } = new AbortController()
    const task = scriptedTask<string>(new Error('no'), 'done')
    assert.equal(await retry({ backoff: none })(task, { signal, attempt: 1 }), 'done')
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('refuses a backoff that gives no number', async () => {
    const policy = retry({ backoff: () => Number.NaN })
    await assert.rejects(run(policy, scriptedTask<never>(new Error('no'))), { code: 'invalid_option' })
  })

  it('begins no attempt after its total time', async () => {
    const clock = new ManualClock()
    const given: GiveUpNotice[] = []
    const policy = retry({
      attempts: 100,
      totalMs: 1000,
      backoff: constantBackoff(300),
      onGiveUp: (notice) => given.push(notice),
      clock,
    })
    const task = scriptedTask<never>(new Error('no'))
    await assert.rejects(finish(run(policy, task), clock))
    assert.deepEqual([task.ran.length, clock.elapsed(), given[0]?.reason], [4, 900, 'time'])
  })

  it('does not wait for an attempt that could only begin after the deadline', async () => {
    const clock = new ManualClock()
    const policy = stack(
      timeout({ ms: 1000, scope: 'total', clock }),
      retry({ attempts: 100, backoff: constantBackoff(300), clock }),
    )
    await assert.rejects(finish(run(policy, scriptedTask<never>(new Error('own'))), clock), { message: 'own' })
    assert.deepEqual([clock.elapsed(), clock.pending], [900, 0])
  })

  it('gives each attempt a time of its own when the timeout is within', async () => {
    const clock = new ManualClock()
    const policy = stack(retry({ attempts: 2, backoff: constantBackoff(100), clock }), timeout({ ms: 400, clock }))
    await assert.rejects(
      finish(
        run(policy, () => new Promise(() => undefined)),
        clock,
      ),
      { code: 'timeout' },
    )
    assert.deepEqual([clock.elapsed(), clock.pending], [900, 0])
  })
})

describe('what is tried again', () => {
  const attemptsAfter = async (error: Error, policy: AnyPolicy = retry({ backoff: none })): Promise<number> => {
    const task = scriptedTask<never>(error)
    await assert.rejects(run(policy, task))
    return task.ran.length
  }

  it('by default is any error but ours that say it cannot help', async () => {
    assert.equal(await attemptsAfter(new Error('any')), 3)
    assert.equal(await attemptsAfter(new PosthouseError('timeout', 'slow')), 3)
    assert.equal(await attemptsAfter(new PosthouseError('forbidden', 'no')), 1)
    assert.equal(await attemptsAfter(new PosthouseError('aborted', 'no')), 1)
  })

  it('by default is no policy that refuses at once', async () => {
    assert.equal(await attemptsAfter(new PosthouseError('circuit_open', 'open')), 1)
    assert.equal(await attemptsAfter(new PosthouseError('bulkhead_full', 'full')), 1)
  })

  it('is what the caller says of an error', async () => {
    const policy = retry({ backoff: none, byError: (error) => error instanceof TypeError })
    assert.equal(await attemptsAfter(new TypeError('yes'), policy), 3)
    assert.equal(await attemptsAfter(new RangeError('no'), policy), 1)
  })

  it('is what the caller says of a result, of which the last is returned', async () => {
    const policy = retry<number>({ backoff: none, byResult: (status) => status !== undefined && status >= 500 })
    const task = scriptedTask(503, 502, 500, 200)
    assert.equal(await run(policy, task), 500)
    assert.equal(await run(policy, scriptedTask(503, 200)), 200)
    assert.equal(await run(policy, scriptedTask(404, 200)), 404)
  })

  it('is what the caller says of an absent result, after an error that would not be tried again', async () => {
    const seen: unknown[] = []
    const policy = retry<string>({
      backoff: none,
      byError: () => false,
      byResult: (result) => {
        seen.push(result)
        return result === undefined
      },
    })
    assert.equal(await run(policy, scriptedTask<string>(new Error('no'), 'done')), 'done')
    assert.deepEqual(seen, [undefined, 'done'])
  })

  it('is nothing once the caller has given up', async () => {
    const caller = new AbortController()
    const task = scriptedTask<never>(new Error('no'))
    const failing = async (execution: Execution): Promise<never> => {
      caller.abort()
      return task(execution)
    }
    let retries = 0
    const onRetry = (): number => ++retries
    await assert.rejects(run(retry({ backoff: none, onRetry }), failing, { signal: caller.signal }), {
      code: 'aborted',
    })
    await settle()
    assert.deepEqual([task.ran.length, retries], [1, 0])
  })

  it('is nothing when the caller gives up during the wait, which ends at once', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const task = scriptedTask<never>(new Error('no'))
    const running = run(retry({ clock }), task, { signal: caller.signal })
    await settle()
    assert.equal(clock.pending, 1)
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    assert.deepEqual([clock.pending, task.ran.length], [0, 1])
  })

  it('is nothing when a signal aborts that somebody else than run hands it', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const running = retry({ clock })(scriptedTask<never>(new Error('no')), { signal: caller.signal, attempt: 1 })
    await settle()
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    assert.equal(clock.pending, 0)
  })
})

describe('a hint on when to come back', () => {
  const hinted = (ms: number): Error => Object.assign(new Error('later'), { ms })
  const hintMs = (outcome: { error?: unknown } | { result: unknown }): number | undefined =>
    'error' in outcome ? (outcome.error as { ms?: number }).ms : undefined
  const waited = async (ms: number, options: object): Promise<number> => {
    const clock = new ManualClock()
    const policy = retry({ attempts: 2, hintMs, clock, ...options })
    await assert.rejects(finish(run(policy, scriptedTask<never>(hinted(ms))), clock))
    return clock.elapsed()
  }

  it('is followed where it is longer than the backoff', async () => {
    assert.equal(await waited(700, { backoff: constantBackoff(100) }), 700)
    assert.equal(await waited(700, { backoff: constantBackoff(900) }), 900)
  })

  it('is none where it is not a number, as what is reckoned from a header that is not there', async () => {
    assert.equal(await waited(Number.NaN, { backoff: constantBackoff(100) }), 100)
  })

  it('ends it at once where it is longer than is followed', async () => {
    const given: GiveUpNotice[] = []
    const onGiveUp = (notice: GiveUpNotice): number => given.push(notice)
    assert.equal(await waited(60_001, { backoff: none, onGiveUp }), 0)
    assert.equal(given[0]?.reason, 'hint')
    assert.equal(await waited(60_000, { backoff: none }), 60_000)
  })

  it('is cut where that is wanted', async () => {
    assert.equal(await waited(60_000, { backoff: none, maxHintMs: 500, longHint: 'cap' }), 500)
  })

  it('ends it at once where it goes beyond the total time', async () => {
    assert.equal(await waited(5000, { backoff: none, totalMs: 5000 }), 0)
    assert.equal(await waited(4900, { backoff: none, totalMs: 5000 }), 4900)
  })

  it('may be in the result', async () => {
    const clock = new ManualClock()
    const policy = retry<{ after?: number }>({
      backoff: none,
      byResult: (result) => result?.after !== undefined,
      hintMs: (outcome) => ('result' in outcome ? outcome.result.after : undefined),
      clock,
    })
    assert.deepEqual(await finish(run(policy, scriptedTask({ after: 400 }, {})), clock), {})
    assert.equal(clock.elapsed(), 400)
  })
})

describe('what a retry tells', () => {
  it('is each retry, before its wait', async () => {
    const clock = new ManualClock()
    const notices: RetryNotice[] = []
    const onRetry = (notice: RetryNotice): number => notices.push(notice)
    const error = new Error('no')
    const policy = retry({ backoff: constantBackoff(100), onRetry, clock })
    await finish(run(policy, scriptedTask(error, 'done'), { key: 'a' }), clock)
    const [{ execution, ...notice } = {}] = notices as Partial<RetryNotice>[]
    assert.deepEqual(notice, { outcome: { error }, attempt: 2, delayMs: 100, key: 'a' })
    assert.equal(execution?.key, 'a')
    assert.equal(notices.length, 1)
  })

  it('is why it gives up', async () => {
    const given: GiveUpNotice[] = []
    const error = new Error('no')
    const onGiveUp = (notice: GiveUpNotice): number => given.push(notice)
    await assert.rejects(run(retry({ attempts: 2, backoff: none, onGiveUp }), scriptedTask<never>(error), { key: 'a' }))
    assert.deepEqual(given, [{ outcome: { error }, reason: 'attempts', attempts: 2, key: 'a' }])
  })

  it('is nothing about errors that are not tried again', async () => {
    const onGiveUp = (): void => assert.fail('told')
    const policy = retry({ byError: () => false, onGiveUp })
    await assert.rejects(run(policy, scriptedTask<never>(new Error('no'))), { message: 'no' })
  })

  it('is an error of its own in the end, where that is wanted', async () => {
    const error = new Error('no')
    const byError = retry({ attempts: 2, backoff: none, exhausted: 'error' })
    await assert.rejects(run(byError, scriptedTask<never>(error)), {
      code: 'retries_exhausted',
      message: 'gave up after 2 attempts: no',
      cause: error,
    })
    const byResult = retry<number>({ backoff: none, exhausted: 'error', byResult: (status) => status === 503 })
    await assert.rejects(run(byResult, scriptedTask(503)), { code: 'retries_exhausted', cause: 503 })
  })

  it('is each result that nobody will get', async () => {
    const discarded: number[] = []
    const discard = (status: number): number => discarded.push(status)
    const policy = retry<number>({ backoff: none, byResult: (status) => status !== 200, discard })
    assert.equal(await run(policy, scriptedTask(503, 502, 500)), 500)
    assert.deepEqual(discarded, [503, 502])
  })
})

describe('a retry with a budget', () => {
  it('stops when the budget is spent, and says so', async () => {
    const given: GiveUpNotice[] = []
    const clock = new ManualClock()
    const budget = new RetryBudget({ minimum: 1, ratio: 0, clock })
    const policy = retry({ backoff: none, budget, onGiveUp: (notice) => given.push(notice), clock })
    const task = scriptedTask<never>(new Error('no'))
    const running = run(policy, task, { key: 'a' })
    await settle()
    clock.advance(0)
    await assert.rejects(running, { message: 'no' })
    assert.deepEqual([task.ran.length, given[0]?.reason], [2, 'budget'])
  })

  it('does not touch it for what is not tried again anyway', async () => {
    const budget = new RetryBudget({ minimum: 1, ratio: 0 })
    await assert.rejects(run(retry({ attempts: 1, budget }), scriptedTask<never>(new Error('no'))))
    assert.deepEqual([budget.take(), budget.take()], [true, false])
  })

  it('counts each run once', async () => {
    const budget = new RetryBudget({ minimum: 0, ratio: 0.2 })
    const policy = retry({ budget })
    for (let i = 0; i < 5; i++) await run(policy, scriptedTask('done'))
    assert.deepEqual([budget.take(), budget.take()], [true, false])
  })
})

describe('the options of a retry', () => {
  it('are refused where they cannot be, with their name and value', () => {
    const wrong: [object, RegExp][] = [
      [{ attempts: 0 }, /attempts must be a whole number from 1, not 0/],
      [{ attempts: 2.5 }, /attempts must be a whole number from 1, not 2.5/],
      [{ totalMs: 0 }, /totalMs must be a number above 0, not 0/],
      [{ backoff: 5 }, /backoff must be a function, not 5/],
      [{ longHint: 'wait' }, /longHint must be one of stop, cap, not "wait"/],
      [{ budget: {} }, /budget must be an object with count, take, not an object$/],
      [{ stop_max_attempt_number: 3 }, /retry has no option stop_max_attempt_number/],
    ]
    for (const [options, message] of wrong) assert.throws(() => retry(options), { code: 'invalid_option', message })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPosthouseError, ManualClock } from '@posthouse/core'
import { backoff, bulkhead, circuitBreaker, constantBackoff, retry, run } from '@posthouse/core/policy'
import * as cockatiel from 'cockatiel'
import fc from 'fast-check'
import { deferredTask, finish, settle } from './deferred-tasks.ts'

const outcomes = fc.array(fc.boolean(), { maxLength: 12 })

/** What a policy of either library does with a task. */
type Run = <Result>(task: () => Promise<Result>) => Promise<Result>

const bad = new Error('bad')

/** A task that succeeds and fails as the list says, and then succeeds. */
function taskOf(succeeds: readonly boolean[]): () => Promise<number> {
  let ran = 0
  return async () => {
    if (succeeds[ran++] === false) throw bad
    return ran
  }
}

async function answer(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    (result) => result,
    (error: unknown) => (error === bad ? 'bad' : 'refused'),
  )
}

describe('the policies do what those of cockatiel do', () => {
  it('a retry, however often the task fails', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    await fc.assert(
      fc.asyncProperty(outcomes, fc.integer({ min: 1, max: 6 }), async (succeeds, attempts) => {
        const clock = new ManualClock()
        const ours = retry({ attempts, backoff: constantBackoff(10), clock })
        const theirs = cockatiel.retry(cockatiel.handleAll, {
          maxAttempts: attempts - 1,
          backoff: new cockatiel.ConstantBackoff(10),
        })
        const expected = answer(theirs.execute(taskOf(succeeds)))
        for (let i = 0; i < attempts; i++) {
          await settle()
          t.mock.timers.tick(10)
        }
        assert.equal(await answer(finish(run(ours, taskOf(succeeds)), clock, 10)), await expected)
      }),
    )
  })

  it('a backoff without jitter', () => {
    const sizes = { baseMs: fc.integer({ min: 1, max: 1000 }), capMs: fc.integer({ min: 1, max: 60_000 }) }
    fc.assert(
      fc.property(fc.record(sizes), ({ baseMs, capMs }) => {
        const ours = backoff({ baseMs, capMs, jitter: 'none' })
        const options = { initialDelay: baseMs, maxDelay: capMs, generator: cockatiel.noJitterGenerator }
        let theirs = new cockatiel.ExponentialBackoff(options).next()
        for (let attempt = 1; attempt < 12; attempt++) {
          assert.equal(ours(attempt), theirs.duration)
          theirs = theirs.next(undefined)
        }
      }),
    )
  })

  it('a circuit breaker, whatever succeeds and fails, and when', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 80 }), succeeds: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, consecutive) => {
          const clock = new ManualClock()
          const ours = circuitBreaker({ consecutive, openMs: 100, clock })
          const breaker = new cockatiel.ConsecutiveBreaker(consecutive)
          const theirs = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 100, breaker })
          for (const { waitMs, succeeds } of steps) {
            clock.advance(waitMs)
            t.mock.timers.tick(waitMs)
            const expected = await answer(theirs.execute(taskOf([succeeds])))
            assert.equal(await answer(run(ours, taskOf([succeeds]))), expected)
          }
        },
      ),
    )
  })

  it('a bulkhead, whoever comes and goes', async () => {
    // A number ends the run of that number, if it has begun; null begins another one.
    const steps = fc.array(fc.option(fc.nat(15)), { maxLength: 40 })
    const sizes = fc.record({ limit: fc.integer({ min: 1, max: 3 }), queue: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(steps, sizes, async (todo, { limit, queue }) => {
        const ours = bulkhead({ limit, queue })
        const theirs = cockatiel.bulkhead(limit, queue)
        const [seen, expected] = [
          await follow(todo, (task) => run(ours, task)),
          await follow(todo, (task) => theirs.execute(task)),
        ]
        assert.deepEqual(seen, expected)
      }),
    )
  })
})

/** Begins and ends runs as the steps say; tells after each how many have begun, and how each one came out. */
async function follow(steps: readonly (number | null)[], policy: Run): Promise<unknown[]> {
  const { task, told, end } = deferredTask<string>()
  const seen: unknown[] = []
  let begun = 0
  for (const step of steps) {
    if (step === null) {
      const run = begun++
      policy(() => task({ signal: new AbortController().signal, attempt: 1 })).then(
        () => seen.push(`${run} ended`),
        (error: unknown) =>
          seen.push(`${run} refused`, isPosthouseError(error) || cockatiel.isBulkheadRejectedError(error)),
      )
    } else end(step, 'done')
    await settle()
    seen.push(told.length)
  }
  return seen
}

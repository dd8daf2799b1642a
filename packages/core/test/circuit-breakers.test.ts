import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import { type CircuitBreakerOptions, circuitBreaker, run } from '@posthouse/core/policy'
import { deferredTask, settle } from './deferred-tasks.ts'

const good = async (): Promise<string> => 'good'
const bad = async (): Promise<never> => {
  throw new Error('bad')
}

/** A breaker on a clock of its own, and what it has told. */
function watched(options: CircuitBreakerOptions = {}) {
  const clock = new ManualClock()
  const told: string[] = []
  const breaker = circuitBreaker({
    onOpen: ({ key, openMs }) => told.push(`${key} open for ${openMs}`),
    onHalfOpen: ({ key }) => told.push(`${key} half-open`),
    onClose: ({ key }) => told.push(`${key} closed`),
    onRefuse: ({ key }) => told.push(`${key} refused`),
    clock,
    ...options,
  })
  const fail = async (times = 1, key = 'a'): Promise<void> => {
    for (let i = 0; i < times; i++) await assert.rejects(run(breaker, bad, { key }), { message: 'bad' })
  }
  const succeed = async (times = 1, key = 'a'): Promise<void> => {
    for (let i = 0; i < times; i++) assert.equal(await run(breaker, good, { key }), 'good')
  }
  const isRefused = (key = 'a'): Promise<void> => assert.rejects(run(breaker, good, { key }), { code: 'circuit_open' })
  return { clock, told, breaker, fail, succeed, isRefused }
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row', async () => {
    const { told, breaker, fail, succeed, isRefused } = watched({ consecutive: 3 })
    await fail(2)
    await succeed()
    await fail(2)
    assert.equal(breaker.state('a'), 'closed')
    await fail()
    assert.equal(breaker.state('a'), 'open')
    await isRefused()
    assert.deepEqual(told, ['a open for 5000', 'a refused'])
  })

  it('by default opens when half of all runs fail, once there are ten', async () => {
    const { breaker, fail, succeed } = watched()
    await fail(4)
    await succeed(5)
    assert.equal(breaker.state('a'), 'closed')
    await fail()
    assert.equal(breaker.state('a'), 'open')
  })

  it('opens at the share that it is given, and not below', async () => {
    const { breaker, fail, succeed } = watched({ failureRate: 0.2, minimumRuns: 5 })
    await succeed(17)
    await fail(4)
    assert.equal(breaker.state('a'), 'closed')
    await fail()
    assert.equal(breaker.state('a'), 'open')
  })

  it('forgets what is older than its window', async () => {
    const { clock, breaker, fail, succeed } = watched({ failureRate: 0.5, minimumRuns: 4, windowMs: 1000 })
    await fail(3)
    clock.advance(1000)
    await succeed()
    await fail()
    assert.equal(breaker.state('a'), 'closed')
  })

  it('lets one try after a while, and closes when that succeeds', async () => {
    const { clock, told, breaker, fail, succeed, isRefused } = watched({ consecutive: 1, openMs: 100 })
    await fail()
    clock.advance(99)
    await isRefused()
    clock.advance(1)
    assert.equal(breaker.state('a'), 'half-open')
    await succeed()
    assert.equal(breaker.state('a'), 'closed')
    assert.deepEqual(told, ['a open for 100', 'a refused', 'a half-open', 'a closed'])
  })

  it('opens again when that fails, for as long as its backoff says', async () => {
    const { clock, told, fail, succeed } = watched({ consecutive: 1, openMs: (times) => times * 100 })
    await fail()
    clock.advance(100)
    await fail()
    clock.advance(200)
    await fail()
    clock.advance(300)
    await succeed()
    await fail()
    assert.deepEqual(
      told.filter((text) => text.includes('open for')),
      ['a open for 100', 'a open for 200', 'a open for 300', 'a open for 100'],
    )
  })

  it('forgets what failed before when it closes', async () => {
    const { clock, breaker, fail, succeed } = watched({ failureRate: 0.5, minimumRuns: 2, openMs: 100 })
    await fail(2)
    clock.advance(100)
    await succeed()
    await fail()
    assert.equal(breaker.state('a'), 'closed')
  })

  it('lets no more try at once than it says, and closes when all of them succeed', async () => {
    const { clock, breaker, fail, isRefused } = watched({ consecutive: 1, openMs: 100, probes: 2 })
    await fail()
    clock.advance(100)
    const { task, end } = deferredTask<string>()
    const probes = [run(breaker, task, { key: 'a' }), run(breaker, task, { key: 'a' })]
    await isRefused()
    end(0, 'good')
    await probes[0]
    await isRefused()
    assert.equal(breaker.state('a'), 'half-open')
    end(1, 'good')
    await probes[1]
    assert.equal(breaker.state('a'), 'closed')
  })

  it('does not count what began before it opened', async () => {
    const { clock, breaker, fail } = watched({ consecutive: 1, openMs: 100 })
    const { task, end } = deferredTask<string>()
    const early = [run(breaker, task, { key: 'a' }), run(breaker, task, { key: 'a' })]
    await fail()
    clock.advance(100)
    const probe = run(breaker, task, { key: 'a' })
    end(0, 'good')
    await early[0]
    assert.equal(breaker.state('a'), 'half-open')
    end(1, new Error('late'))
    await assert.rejects(early[1] ?? Promise.resolve(), { message: 'late' })
    assert.equal(breaker.state('a'), 'half-open')
    end(2, 'good')
    await probe
    assert.equal(breaker.state('a'), 'closed')
  })

  it('takes a probe that its caller gives up for nothing, and lets another one try', async () => {
    const { clock, breaker, fail, isRefused, succeed } = watched({ consecutive: 1, openMs: 100 })
    const caller = new AbortController()
    await fail()
    clock.advance(100)
    const { task } = deferredTask<string>()
    const probe = run(breaker, task, { key: 'a', signal: caller.signal })
    await isRefused()
    caller.abort()
    await assert.rejects(probe, { code: 'aborted' })
    await settle()
    assert.equal(breaker.state('a'), 'half-open')
    await succeed()
    assert.equal(breaker.state('a'), 'closed')
  })

  it('counts neither what a caller gives up nor what its owner does not call a failure', async () => {
    const { breaker } = watched({ consecutive: 1, byError: (error) => error instanceof TypeError })
    const caller = new AbortController()
    const heeding = ({ signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('fetch failed'))))
    const given = run(breaker, heeding, { key: 'a', signal: caller.signal })
    caller.abort()
    await assert.rejects(given, { code: 'aborted' })
    await settle()
    await assert.rejects(run(breaker, bad, { key: 'a' }))
    assert.equal(breaker.state('a'), 'closed')
    await assert.rejects(run(breaker, () => Promise.reject(new TypeError('yes')), { key: 'a' }))
    assert.equal(breaker.state('a'), 'open')
  })

  it('by default does not count tasks that were aborted', async () => {
    const { breaker } = watched({ consecutive: 1 })
    const aborted = new PosthouseError('aborted', 'the loop was left')
    await assert.rejects(
      run(breaker, () => Promise.reject(aborted), { key: 'a' }),
      { code: 'aborted' },
    )
    assert.equal(breaker.state('a'), 'closed')
  })

  it('counts results that its owner calls failures', async () => {
    const breaker = circuitBreaker<number>({ consecutive: 2, byResult: (status) => status >= 500 })
    for (const status of [500, 404, 500, 503]) assert.equal(await run(breaker, async () => status), status)
    assert.equal(breaker.state(), 'open')
  })

  it('has a circuit for each key', async () => {
    const { breaker, fail, succeed, isRefused } = watched({ consecutive: 1 })
    await fail(1, 'a')
    await succeed(1, 'b')
    await isRefused('a')
    assert.deepEqual(
      [breaker.state('a'), breaker.state('b'), breaker.state('never seen')],
      ['open', 'closed', 'closed'],
    )
  })

  it('forgets the key that was used longest ago', async () => {
    const { breaker, fail } = watched({ consecutive: 1, maxKeys: 2 })
    await fail(1, 'a')
    await fail(1, 'b')
    await fail(1, 'c')
    assert.deepEqual([breaker.state('a'), breaker.state('b'), breaker.state('c')], ['closed', 'open', 'open'])
  })

  it('is tried again although a judge of its failures throws', async () => {
    const clock = new ManualClock()
    let isBroken = false
    const byError = (): boolean => {
      if (isBroken) throw new Error('no judge')
      return true
    }
    const breaker = circuitBreaker({ consecutive: 1, openMs: 10, byError, clock })
    await assert.rejects(run(breaker, bad))
    clock.advance(10)
    isBroken = true
    await assert.rejects(run(breaker, bad), { message: 'no judge' })
    assert.equal(await run(breaker, good), 'good')
    assert.equal(breaker.state(), 'closed')
  })

  it('does not stay open for a time that is none', async () => {
    const breaker = circuitBreaker({ consecutive: 1, openMs: () => Number.NaN, clock: new ManualClock() })
    await assert.rejects(run(breaker, bad), { code: 'invalid_option', message: /openMs must give a number, not NaN/ })
    assert.equal(breaker.state(), 'closed')
  })

  it('says for how long it stays open', async () => {
    const { clock, breaker, fail } = watched({ consecutive: 1 })
    await fail()
    clock.advance(1000)
    await assert.rejects(run(breaker, good, { key: 'a' }), {
      message: 'a has failed too often; it is tried again in 4000 ms',
    })
  })

  it('needs no timer', async () => {
    const { clock, fail } = watched({ consecutive: 1 })
    await fail()
    assert.equal(clock.pending, 0)
  })

  it('refuses options that cannot be', () => {
    const wrong: [object, RegExp][] = [
      [{ consecutive: 0 }, /consecutive must be a whole number from 1, not 0/],
      [{ failureRate: 2 }, /failureRate must be a number above 0 and up to 1, not 2/],
      [{ openMs: '5' }, /openMs must be a number above 0 or a function, not "5"/],
      [{ consecutive: 5, windowMs: 1000 }, /windowMs and minimumRuns need failureRate/],
      [{ threshold: 5 }, /circuitBreaker has no option threshold/],
    ]
    for (const [options, message] of wrong)
      assert.throws(() => circuitBreaker(options), { code: 'invalid_option', message })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import { type RateNotice, type RefusalNotice, rateLimit, run, stack, timeout } from '@posthouse/core/policy'
import fc from 'fast-check'
import { finish, moveOn, settle } from './deferred-tasks.ts'

describe('a rate limit', () => {
  it('lets a burst through and the rest at its rate, first come, first served', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ perSecond: 10, burst: 2, keyOf: () => '', clock })
    const ran: [string | undefined, number][] = []
    const running = ['a', 'b', 'c', 'd'].map((key) =>
      run(policy, async (execution) => ran.push([execution.key, clock.elapsed()]), { key }),
    )
    await finish(Promise.all(running), clock, 10)
    assert.deepEqual(ran, [
      ['a', 0],
      ['b', 0],
      ['c', 100],
      ['d', 200],
    ])
    assert.equal(clock.pending, 0)
  })

  it('does not let who comes later go before who waits', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ perSecond: 10, burst: 1, keyOf: () => '', clock })
    const ran: (string | undefined)[] = []
    const task = async ({ key }: { key?: string | undefined }): Promise<number> => ran.push(key)
    await run(policy, task, { key: 'first' })
    const waiting = run(policy, task, { key: 'waiting' })
    clock.advance(100)
    const late = run(policy, task, { key: 'late' })
    await finish(Promise.all([waiting, late]), clock)
    assert.deepEqual(ran, ['first', 'waiting', 'late'])
  })

  it('does not let who comes later have the token for which another one waits', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ perSecond: 3, burst: 1, keyOf: () => '', clock })
    const ran: (string | undefined)[] = []
    const task = async ({ key }: { key?: string | undefined }): Promise<number> => ran.push(key)
    await run(policy, task, { key: 'first' })
    const waiting = run(policy, task, { key: 'waiting' })
    // The token is there after a third of a second, and timers count whole milliseconds.
    clock.advance(333.5)
    const late = run(policy, task, { key: 'late' })
    await finish(Promise.all([waiting, late]), clock)
    assert.deepEqual(ran, ['first', 'waiting', 'late'])
  })

  it('refuses at once what may not wait', async () => {
    const clock = new ManualClock()
    const notices: RefusalNotice[] = []
    const policy = rateLimit({ perSecond: 10, burst: 1, queue: 0, onRefuse: (notice) => notices.push(notice), clock })
    await run(policy, async () => 'done', { key: 'a' })
    await assert.rejects(
      run(policy, () => assert.fail('ran'), { key: 'a' }),
      { code: 'rate_limited' },
    )
    clock.advance(100)
    assert.equal(await run(policy, async () => 'done', { key: 'a' }), 'done')
    assert.deepEqual([notices, clock.pending], [[{ key: 'a', reason: 'full' }], 0])
  })

  it('bounds how many wait', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ perSecond: 10, burst: 1, queue: 2, clock })
    const running = [1, 2, 3].map((n) => run(policy, async () => n))
    await assert.rejects(
      run(policy, () => assert.fail('ran')),
      {
        code: 'rate_limited',
        message: 'more than 10 tasks a second; as many wait as may: 2',
      },
    )
    assert.deepEqual(await finish(Promise.all(running), clock), [1, 2, 3])
  })

  it('refuses at once whose turn cannot come in time', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ perSecond: 10, burst: 1, maxWaitMs: 150, clock })
    const first = run(policy, async () => 1)
    const second = run(policy, async () => 2)
    await assert.rejects(
      run(policy, async () => 3),
      { message: /its turn would come in 200 ms/ },
    )
    assert.deepEqual(await finish(Promise.all([first, second]), clock), [1, 2])
  })

  it('refuses at once what could only begin after its deadline', async () => {
    const clock = new ManualClock()
    const policy = stack(timeout({ ms: 100, clock }), rateLimit({ perSecond: 10, burst: 1, clock }))
    await run(policy, async () => 1)
    await assert.rejects(
      run(policy, async () => 2),
      { code: 'rate_limited' },
    )
    assert.equal(clock.pending, 0)
  })

  it('lets a caller give up who waits; those behind move up', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const policy = rateLimit({ perSecond: 10, burst: 1, clock })
    await run(policy, async () => 1)
    const second = run(policy, async () => assert.fail('ran'), { signal: caller.signal })
    const third = run(policy, async () => clock.elapsed())
    caller.abort()
    await assert.rejects(second, { code: 'aborted' })
    assert.equal(await finish(third, clock), 100)
    assert.equal(clock.pending, 0)
  })

  it('needs no timer any more when the only one who waited has given up', async () => {
    const clock = new ManualClock()
    const caller = new AbortController()
    const policy = rateLimit({ perSecond: 10, burst: 1, clock })
    await run(policy, async () => 1)
    const second = run(policy, async () => 2, { signal: caller.signal })
    await settle()
    assert.equal(clock.pending, 1)
    caller.abort()
    await assert.rejects(second, { code: 'aborted' })
    assert.equal(clock.pending, 0)
  })

  it('is one for each key, or for all together where that is wanted', async () => {
    const clock = new ManualClock()
    const each = rateLimit({ perSecond: 1, queue: 0, clock })
    const all = rateLimit({ perSecond: 1, queue: 0, keyOf: () => '', clock })
    await run(stack(each, all), async () => 1, { key: 'a' })
    assert.equal(await run(each, async () => 2, { key: 'b' }), 2)
    await assert.rejects(
      run(each, async () => 3, { key: 'a' }),
      { code: 'rate_limited' },
    )
    await assert.rejects(
      run(all, async () => 4, { key: 'b' }),
      { code: 'rate_limited' },
    )
  })

  it('never lets more through than burst and rate allow, however they come', async () => {
    const gap = fc.nat(50)
    const sizes = { perSecond: fc.integer({ min: 20, max: 200 }), burst: fc.integer({ min: 1, max: 10 }) }
    await fc.assert(
      fc.asyncProperty(fc.record(sizes), fc.array(gap, { maxLength: 20 }), async ({ perSecond, burst }, gaps) => {
        const clock = new ManualClock()
        const policy = rateLimit({ perSecond, burst, clock })
        const at: number[] = []
        const running: Promise<unknown>[] = []
        for (const ms of gaps) {
          await moveOn(clock, ms)
          running.push(run(policy, async () => at.push(clock.elapsed())))
        }
        await finish(Promise.all(running), clock, 1)
        assert.equal(at.length, gaps.length)
        for (const [i, from] of at.entries()) {
          for (const [more, to] of at.slice(i).entries()) {
            assert.ok(more + 1 <= burst + ((to - from) * perSecond) / 1000 + 1e-6)
          }
        }
        assert.equal(clock.pending, 0)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses options that cannot be', () => {
    const wrong: object[] = [
      {},
      { perSecond: 0 },
      { perSecond: Number.POSITIVE_INFINITY },
      { perSecond: 1, burst: 0.5 },
      { perSecond: 1, queue: -1 },
      { perSecond: 1, adaptive: false },
      { perSecond: 1, adaptive: { decrease: 1 } },
      { perSecond: 1, adaptive: { leastPerSecond: 2 } },
      { perSecond: 1, adaptive: { aimd: true } },
      { perSecond: 1, window: { tasks: 1, ms: 1000 } },
      { burst: 1, window: { tasks: 1, ms: 1000 } },
      { window: { tasks: 1 } },
      { window: { tasks: 1.5, ms: 1000 } },
      { window: { tasks: 1, ms: 0 } },
      { window: { tasks: 1, ms: 1000, sliding: true } },
      { window: 5 },
    ]
    for (const options of wrong) {
      assert.throws(() => rateLimit(options as { perSecond: number }), {
        code: 'invalid_option',
        message: /^rateLimit/,
      })
    }
  })
})

describe('a rate limit by a window', () => {
  it('lets no more through in any window than it says, also just after a rest', async () => {
    const clock = new ManualClock()
    clock.advance(5000)
    const policy = rateLimit({ window: { tasks: 3, ms: 1000 }, clock })
    const at: number[] = []
    const start = (): Promise<number> => run(policy, async () => at.push(clock.elapsed() - 5000))
    const first = [start()]
    await moveOn(clock, 900)
    const rest = Array.from({ length: 6 }, start)
    await finish(Promise.all([...first, ...rest]), clock, 1)
    // A bucket would have let a fourth one go on at 900.
    assert.deepEqual(at, [0, 900, 900, 1000, 1900, 1900, 2000])
    assert.equal(clock.pending, 0)
  })

  it('knows beforehand when a turn will come', async () => {
    const gap = fc.nat(50)
    const sizes = { tasks: fc.integer({ min: 1, max: 4 }), ms: fc.integer({ min: 1, max: 90 }) }
    await fc.assert(
      fc.asyncProperty(fc.record(sizes), fc.array(gap, { maxLength: 12 }), async (window, gaps) => {
        const clock = new ManualClock()
        const policy = rateLimit({ window, clock })
        const at: number[] = []
        const running: Promise<unknown>[] = []
        for (const ms of gaps) {
          await moveOn(clock, ms)
          const asked = clock.elapsed()
          const task = async (): Promise<number> => at.push(clock.elapsed())
          // Whoever has no time to wait is told when its turn would have come.
          const refused = await run(policy, task, { deadline: asked }).catch((error: Error) => error)
          if (!(refused instanceof Error)) continue
          const turn = asked + Number(/come in (\d+) ms/.exec(refused.message)?.[1])
          running.push(run(policy, task).then((count) => assert.equal(at[count - 1], turn)))
        }
        await finish(Promise.all(running), clock, 1)
        assert.equal(at.length, gaps.length)
        for (const [i, from] of at.entries()) {
          assert.ok(at.slice(i).filter((moment) => moment < from + window.ms).length <= window.tasks)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('lets fewer through while the other side says that it is too much', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ window: { tasks: 10, ms: 1000 }, adaptive: { increase: 1 }, clock })
    await run(policy, async () => ({ status: 503 }))
    const at: number[] = []
    const more = Array.from({ length: 4 }, () => run(policy, async () => at.push(clock.elapsed())))
    await finish(Promise.all(more), clock, 1)
    assert.ok(
      at.every((moment, i) => moment > i * 150 && moment <= (i + 1) * 200),
      String(at),
    )
    clock.advance(60_000)
    const again = Array.from({ length: 11 }, () => run(policy, async () => clock.elapsed()))
    const moments = await finish(Promise.all(again), clock, 1)
    assert.equal(moments.filter((moment) => moment === moments[0]).length, 10)
    assert.equal(moments[10], (moments[0] ?? 0) + 1000)
  })

  it('says what it was when it refuses', async () => {
    const clock = new ManualClock()
    const policy = rateLimit({ window: { tasks: 2, ms: 60_000 }, queue: 0, clock })
    await Promise.all([1, 2].map((n) => run(policy, async () => n)))
    await assert.rejects(
      run(policy, async () => 3),
      { code: 'rate_limited', message: /^more than 2 tasks in 60000 ms; / },
    )
  })
})

describe('a rate limit that adapts', () => {
  const full = { status: 429 }

  it('halves its rate when it was too much, and lets it grow again', async () => {
    const clock = new ManualClock()
    const notices: RateNotice[] = []
    const onSlowDown = (notice: RateNotice): number => notices.push(notice)
    const policy = rateLimit({ perSecond: 10, burst: 10, adaptive: { increase: 1 }, onSlowDown, clock })
    await run(policy, async () => full, { key: 'a' })
    assert.deepEqual(notices, [{ key: 'a', perSecond: 5 }])
    const started: number[] = []
    const more = Array.from({ length: 4 }, () => run(policy, async () => started.push(clock.elapsed()), { key: 'a' }))
    await finish(Promise.all(more), clock, 1)
    const gaps = started.map((at, i) => at - (started[i - 1] ?? 0))
    // The burst is gone, and 5, 5.2, 5.4 ... a second come back.
    assert.ok(
      gaps.every((ms, i) => ms <= 200 && ms > 150 && ms <= (gaps[i - 1] ?? 200)),
      String(gaps),
    )
    clock.advance(10_000)
    const again = await Promise.all(
      Array.from({ length: 10 }, () => run(policy, async () => clock.elapsed(), { key: 'a' })),
    )
    assert.equal(new Set(again).size, 1)
  })

  it('falls once for answers to what was sent together, and never below its least', async () => {
    const clock = new ManualClock()
    const rates: number[] = []
    const policy = rateLimit({
      perSecond: 10,
      adaptive: { leastPerSecond: 2, increase: 0.001 },
      onSlowDown: ({ perSecond }) => rates.push(perSecond),
      clock,
    })
    await Promise.all([1, 2, 3].map(() => run(policy, async () => full)))
    for (let i = 0; i < 3; i++) {
      clock.advance(1000)
      await finish(
        run(policy, async () => full),
        clock,
      )
    }
    assert.deepEqual(
      rates.map((rate) => Math.round(rate * 100) / 100),
      [5, 2.5, 2, 2],
    )
  })

  it('knows overload by status, by statusCode and by our error, and by nothing else', async () => {
    const clock = new ManualClock()
    let falls = 0
    const policy = rateLimit<unknown>({
      perSecond: 1000,
      adaptive: { cooldownMs: 0 },
      onSlowDown: () => falls++,
      clock,
    })
    const fallsAfter = async (outcome: unknown): Promise<boolean> => {
      const before = falls
      clock.advance(60_000)
      const task = async (): Promise<unknown> => {
        if (outcome instanceof Error) throw outcome
        return outcome
      }
      await run(policy, task).catch(() => undefined)
      return falls > before
    }
    const limited = new PosthouseError('rate_limited', 'too much')
    for (const outcome of [full, { statusCode: 503 }, limited]) assert.equal(await fallsAfter(outcome), true)
    for (const outcome of [{ status: 500 }, 429, null, undefined, new Error('429')]) {
      assert.equal(await fallsAfter(outcome), false)
    }
  })

  it('pauses for as long as the other side says, within bounds, also for those who wait already', async () => {
    const clock = new ManualClock()
    const pauseMs = (outcome: { error?: unknown } | { result: unknown }): number | undefined =>
      'result' in outcome ? (outcome.result as { pauseMs?: number }).pauseMs : undefined
    const policy = rateLimit({ perSecond: 10, burst: 1, adaptive: { pauseMs, maxPauseMs: 5000 }, clock })
    const first = run(policy, async () => ({ pauseMs: 700 }))
    const second = run(policy, async () => ({ at: clock.elapsed(), pauseMs: 1e9 }))
    await first
    const { at } = await finish(second, clock)
    assert.equal(at, 800)
    const third = await finish(
      run(policy, async () => ({ at: clock.elapsed() })),
      clock,
    )
    assert.equal(third.at, 800 + 5000 + 100)
  })
})

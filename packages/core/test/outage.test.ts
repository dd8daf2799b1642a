import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { type AnyPolicy, circuitBreaker, RetryBudget, retry, run, stack } from '@posthouse/core/policy'
import { settle } from './deferred-tasks.ts'

const outageMs = 60_000

/** How many clients there are, and how often each asks. */
interface Load {
  readonly clients: number
  readonly everyMs: number
}

const many: Load = { clients: 1000, everyMs: 4000 }
const busy: Load = { clients: 100, everyMs: 500 }

/** One for all: to record where an error comes from costs more than all else here. */
const down = new Error('down')

/** What a server gets to hear while it is down: attempts for each request. */
async function amplification(load: Load, policiesOf: (clock: ManualClock) => () => AnyPolicy): Promise<number> {
  const { clients, everyMs } = load
  const clock = new ManualClock()
  let requests = 0
  let attempts = 0
  let underWay = 0
  const server = async (): Promise<never> => {
    attempts++
    throw down
  }
  const ended = (): void => {
    underWay--
  }
  const policies = Array.from({ length: clients }, policiesOf(clock))
  for (let at = 0; at < outageMs; at += everyMs) {
    for (const policy of policies) {
      requests++
      underWay++
      run(policy, server).then(ended, ended)
    }
    await settle()
    clock.advance(everyMs)
  }
  for (let i = 0; i < 1000 && underWay > 0; i++) {
    await settle()
    clock.advance(everyMs)
  }
  assert.deepEqual([underWay, clock.pending], [0, 0])
  return attempts / requests
}

describe('a server that is down for a minute', () => {
  it('hears four times as much from a thousand clients that retry without a budget', async () => {
    assert.equal(await amplification(many, (clock) => () => retry({ attempts: 4, clock })), 4)
  })

  it('hears at most a fifth more from a thousand clients with a budget', async () => {
    const factor = await amplification(many, (clock) => {
      const policy = retry({ attempts: 4, budget: new RetryBudget({ clock }), clock })
      return () => policy
    })
    assert.ok(factor <= 1.2 && factor > 1.15, String(factor))
  })

  it('hears as much, and the least number of retries, where each client has a budget of its own', async () => {
    const factor = await amplification(
      busy,
      (clock) => () => retry({ attempts: 4, budget: new RetryBudget({ clock }), clock }),
    )
    const requests = outageMs / busy.everyMs
    assert.ok(factor <= 1.2 + 3 / requests && factor > 1.15, String(factor))
  })

  it('hears little from clients with circuit breakers', async () => {
    const factor = await amplification(
      busy,
      (clock) => () => stack(retry({ attempts: 4, clock }), circuitBreaker({ consecutive: 5, clock })),
    )
    assert.ok(factor < 0.2, String(factor))
  })
})

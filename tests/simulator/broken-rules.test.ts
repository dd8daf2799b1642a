import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { described } from './actions.ts'
import type { Sabotage } from './config.ts'
import { shrink } from './shrink.ts'
import { type Outcome, simulate } from './simulation.ts'

const seedsToNotice = 1000

describe('a rule that is broken on purpose is noticed, and the schedule that shows it is short', () => {
  const cases: Readonly<Record<Sabotage, string>> = {
    'hasty-acks': 'acknowledgements follow handlers',
    'forgotten-refusals': 'a refused message is not stored',
    'lossy-store': 'a stored message is handled',
    overtaking: 'neither end finds a broken protocol',
    'crossed-answers': 'an answer reaches its caller',
    'no-fence': 'a replaced connection is dead',
    'lost-news': 'watchers know who is there',
    'passed-over-subscribers': 'a subscriber gets all',
    'forgotten-subscriptions': 'a session keeps its subscriptions',
    'short-groups': 'a group reaches its members',
    'lost-work': 'work is done',
    'hasty-leases': 'work is with one worker at a time',
  }
  for (const [sabotage, rule] of Object.entries(cases)) {
    test(sabotage, async () => {
      // The keys of the table are the words.
      const { outcome, rules } = await firstFailure(sabotage as Sabotage, rule)
      assert.ok(
        outcome?.violation,
        `not noticed within ${seedsToNotice} seeds: ${rule}; noticed: ${[...rules].join(', ')}`,
      )
      const { actions, violation } = await shrink(outcome.config, outcome.actions, outcome.violation)
      assert.equal(violation.rule, rule)
      assert.ok(actions.length <= 20, `${actions.length} actions: ${actions.map(described).join(' | ')}`)
    })
  }
})

async function firstFailure(sabotage: Sabotage, rule: string): Promise<{ outcome?: Outcome; rules: Set<string> }> {
  const rules = new Set<string>()
  for (let seed = 1; seed <= seedsToNotice; seed++) {
    const outcome = await simulate(seed, { sabotage })
    if (outcome.violation?.rule === rule) return { outcome, rules }
    if (outcome.violation !== undefined) rules.add(outcome.violation.rule)
  }
  return { rules }
}

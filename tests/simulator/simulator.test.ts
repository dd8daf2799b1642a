import assert from 'node:assert/strict'
import { test } from 'node:test'
import { described } from './actions.ts'
import { shrink } from './shrink.ts'
import { type Outcome, replay, simulate } from './simulation.ts'

const seeds = 1000

test(`every rule of the protocol holds under ${seeds} seeds`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await simulate(seed)
    if (outcome.violation !== undefined) assert.fail(await explained(seed, outcome))
  }
})

test('a seed stands for one run', async () => {
  for (const seed of [1, 2, 3]) {
    const lines: [string[], string[]] = [[], []]
    const first = await simulate(seed, { trace: (line) => lines[0].push(anonymous(line)) })
    const second = await simulate(seed, { trace: (line) => lines[1].push(anonymous(line)) })
    assert.deepEqual(first, second)
    assert.deepEqual(lines[0], lines[1])
    assert.equal(await replay(first.config, first.actions), undefined)
  }
})

async function explained(seed: number, { config, actions, violation }: Outcome): Promise<string> {
  if (violation === undefined) return 'nothing is wrong'
  const shortest = await shrink(config, actions, violation)
  return [
    `seed ${seed}: ${violation.rule}: ${violation.detail}`,
    `shortest schedule: ${shortest.actions.map(described).join(' | ')}`,
    `to see all of it: npm run simulate -- --seed ${seed} --trace`,
  ].join('\n')
}

/** A line without the names and tokens that are random for security's sake. */
function anonymous(line: string): string {
  return line.startsWith('  ') ? line.slice(0, 24) : line
}

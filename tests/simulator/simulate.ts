import { parseArgs } from 'node:util'
import { described } from './actions.ts'
import type { Circumstances, Sabotage } from './config.ts'
import { shrink } from './shrink.ts'
import { type Outcome, replay, simulate } from './simulation.ts'

const usage = `usage: npm run simulate -- [--seeds COUNT] [--from SEED]   run many seeds, stop at the first failure
       npm run simulate -- --seed SEED [--trace]          run one, and tell all that happens`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    sabotage: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.error(usage)
else process.exitCode = values.seed === undefined ? await runMany() : await runOne(Number(values.seed))

async function runMany(): Promise<number> {
  const from = Number(values.from)
  const count = Number(values.seeds)
  const startedAt = performance.now()
  const perSecond = (done: number): string => ((done / (performance.now() - startedAt)) * 1000).toFixed(0)
  for (let done = 0; done < count; done++) {
    if (done > 0 && done % 1000 === 0) console.error(`${done} of ${count} seeds, ${perSecond(done)} a second`)
    const outcome = await simulate(from + done, options())
    if (outcome.violation !== undefined) return explain(from + done, outcome)
  }
  console.error(`${count} seeds from ${from}, ${perSecond(count)} a second: every rule held`)
  return 0
}

async function runOne(seed: number): Promise<number> {
  const outcome = await simulate(seed, { ...options(), ...(values.trace && { trace: console.log }) })
  if (outcome.violation !== undefined) return explain(seed, outcome)
  console.error(`seed ${seed}, ${outcome.actions.length} actions: every rule held`)
  return 0
}

async function explain(seed: number, { config, actions, violation }: Outcome): Promise<number> {
  if (violation === undefined) return 0
  console.error(`seed ${seed} broke a rule: ${violation.rule} (${violation.detail})`)
  console.error(`to see it: npm run simulate -- --seed ${seed} --trace`)
  const shortest = await shrink(config, actions, violation)
  console.error(`the shortest schedule, ${shortest.actions.length} of ${actions.length} actions:`)
  await replay(config, shortest.actions, { trace: (line) => console.error(line) })
  console.error(`${shortest.violation.rule}: ${shortest.violation.detail}`)
  console.error(`the schedule in short: ${shortest.actions.map(described).join(' | ')}`)
  console.error(`under ${JSON.stringify(config)}`)
  return 1
}

function options(): Circumstances {
  // A word of the command line: what it does not name breaks nothing.
  return values.sabotage === undefined ? {} : { sabotage: values.sabotage as Sabotage }
}

import { parseArgs } from 'node:util'
import type { Outcome } from '../table.ts'
import { type RunOnce, runners } from './runners.ts'

interface Result {
  readonly label: string
  readonly run: RunOnce
  /** Processor time of each run, in nanoseconds, round by round. */
  readonly samples: number[]
}

/** Measures what a policy costs a task that does nothing and succeeds. */
export async function benchPolicies(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      runs: { type: 'string', default: '100000' },
    },
  })
  const results = Object.entries(runners).map(([label, run]): Result => ({ label, run, samples: [] }))
  // The first round only warms up.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const { run, samples } of results) {
      const ns = await cpuNs(run, Number(values.runs))
      if (round > 0) samples.push(ns)
    }
  }
  const lines = results.map(({ label, samples }) => ({ label, cells: [samples] }))
  const columns = [{ title: 'CPU ns a run', digits: 0 }]
  return { tables: [{ of: 'policy', columns, lines, drawn: 'CPU ns a run' }] }
}

async function cpuNs(run: RunOnce, runs: number): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < runs; i++) await run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / runs
}

import { parseArgs } from 'node:util'
import { type RunOnce, runners } from './runners.ts'

interface Result {
  readonly label: string
  readonly run: RunOnce
  /** Processor time of each run, in nanoseconds, round by round. */
  readonly samples: number[]
}

/** Measures what a policy costs a task that does nothing and succeeds, and prints a table. */
export async function benchPolicies(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      runs: { type: 'string', default: '100000' },
      json: { type: 'boolean', default: false },
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
  const plain = results.map(({ label, samples }) => ({ label, samples }))
  process.stdout.write(`${values.json ? JSON.stringify(plain, null, 2) : table(plain)}\n`)
}

async function cpuNs(run: RunOnce, runs: number): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < runs; i++) await run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / runs
}

function table(results: readonly Pick<Result, 'label' | 'samples'>[]): string {
  const lines = results.map(({ label, samples }) => {
    const sorted = samples.toSorted((one, other) => one - other)
    const [middle = 0, least = 0, most = 0] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)]
    return `| ${label} | ${middle.toFixed(0)} (${least.toFixed(0)}-${most.toFixed(0)}) |`
  })
  return ['| policy | CPU ns a run |', '| --- | ---: |', ...lines].join('\n')
}

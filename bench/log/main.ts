import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { WriterJob, WriterSample } from './writer.ts'
import { writers } from './writers.ts'

interface Result extends WriterJob {
  readonly samples: WriterSample[]
}

/** Measures the loggers side by side, each in a process of its own, and prints a table. */
export async function benchLog(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '7' },
      lines: { type: 'string', default: '100000' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  })
  const results = resultsFor(Number(values.lines), values.only)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { samples, ...job } of turned(results, round)) samples.push(await once(job))
  }
  process.stdout.write(`${values.json ? JSON.stringify(results, null, 2) : table(results)}\n`)
}

/** Ratios need the first of each group, so it stays. */
function resultsFor(lines: number, only: string): Result[] {
  return Object.entries(writers).flatMap(([group, members]) =>
    Object.keys(members)
      .filter((label, index) => index === 0 || `${group}: ${label}`.includes(only))
      .map((label) => ({ group, label, lines, samples: [] })),
  )
}

async function once(job: WriterJob): Promise<WriterSample> {
  const writer = new Child('log/writer.ts')
  try {
    return await writer.ask<WriterSample>(job)
  } finally {
    await writer.close()
  }
}

/** Each round begins with another, so that none is always first. */
function turned<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function table(results: readonly Result[]): string {
  const lines = results.map(({ group, label, samples }) => {
    const base = results.find((other) => other.group === group)?.samples ?? []
    const ratios = samples.flatMap(({ cpuNs }, round) => (base[round] === undefined ? [] : [cpuNs / base[round].cpuNs]))
    const [cpu, wall] = [samples.map(({ cpuNs }) => cpuNs), samples.map(({ wallNs }) => wallNs)]
    return `| ${group}: ${label} | ${range(cpu, 0)} | ${range(ratios, 2)} | ${range(wall, 0)} |`
  })
  return ['| case | CPU ns a line | x pino | ns a line |', '| --- | ---: | ---: | ---: |', ...lines].join('\n')
}

/** The median, with the smallest and the largest. */
function range(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((one, other) => one - other)
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)]
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}

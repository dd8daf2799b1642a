import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { Outcome, Table } from '../table.ts'
import { turned } from '../turned.ts'
import type { WriterJob, WriterSample } from './writer.ts'
import { writers } from './writers.ts'

interface Result extends WriterJob {
  readonly samples: WriterSample[]
}

/** Measures the loggers side by side, each in a process of its own. */
export async function benchLog(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '7' },
      lines: { type: 'string', default: '100000' },
      only: { type: 'string', default: '' },
    },
  })
  const results = resultsFor(Number(values.lines), values.only)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { samples, ...job } of turned(results, round)) samples.push(await once(job))
  }
  return { tables: [tableOf(results)] }
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

/** Ratios are taken round by round, to the first of each group. */
function tableOf(results: readonly Result[]): Table {
  const lines = results.map(({ group, label, samples }) => {
    const base = results.find((other) => other.group === group)?.samples ?? []
    const ratios = samples.flatMap(({ cpuNs }, round) => (base[round] === undefined ? [] : [cpuNs / base[round].cpuNs]))
    const [cpu, wall] = [samples.map(({ cpuNs }) => cpuNs), samples.map(({ wallNs }) => wallNs)]
    return { label: `${group}: ${label}`, cells: [cpu, ratios, wall] }
  })
  const columns = [
    { title: 'CPU ns a line', digits: 0 },
    { title: 'x pino', digits: 2 },
    { title: 'ns a line', digits: 0 },
  ]
  return { of: 'case', columns, lines, drawn: 'CPU ns a line' }
}

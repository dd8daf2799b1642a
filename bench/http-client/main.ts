import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { CallerJob, CallerSample } from './caller.ts'
import { type CallerName, callers } from './callers.ts'

/** Requests that are under way at once. */
const inFlight = 50

type Results = Map<CallerName, CallerSample[]>

/** Measures the clients side by side, each in a process of its own, and prints a table. */
export async function benchHttpClient(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const names = (Object.keys(callers) as CallerName[]).filter((name) => isWanted(name, values.only))
  const results: Results = new Map(names.map((name) => [name, []]))
  const server = new Child('http-client/server.ts')
  const { port } = await server.ask<{ port: number }>()
  const job = {
    url: `http://127.0.0.1:${port}/users`,
    inFlight,
    warmUpMs: 1000,
    windowMs: Number(values.seconds) * 1000,
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of turned(names, round)) results.get(name)?.push(await once({ name, ...job }, values.profile))
  }
  await server.close()
  const text = values.json ? JSON.stringify(Object.fromEntries(results), null, 2) : table(results)
  process.stdout.write(`${text}\n`)
}

/** Ratios need undici.request, so it stays. */
function isWanted(name: CallerName, only: string): boolean {
  return name === 'undici.request' || name.includes(only)
}

async function once(job: CallerJob, profileTo: string | undefined): Promise<CallerSample> {
  const caller = new Child('http-client/caller.ts', { profileTo, execArgv: ['--expose-gc'] })
  try {
    return await caller.ask<CallerSample>(job)
  } finally {
    await caller.close()
  }
}

/** Each round begins with another, so that none is always first. */
function turned<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function table(results: Results): string {
  const base = results.get('undici.request') ?? []
  const got = results.get('got') ?? []
  const lines = [...results].map(([name, samples]) => {
    const of = (key: keyof CallerSample): number[] => samples.map((sample) => sample[key])
    const ratio = (other: readonly CallerSample[]): number[] =>
      samples.flatMap(({ cpuUs }, round) => (other[round] === undefined ? [] : [cpuUs / other[round].cpuUs]))
    const cells = [
      range(of('cpuUs'), 1),
      range(ratio(base), 2),
      range(ratio(got), 2),
      range(of('perSecond'), 0),
      range(of('p50Us'), 0),
      range(of('p99Us'), 0),
      range(of('grownKb'), 0),
    ]
    return `| ${name} | ${cells.join(' | ')} |`
  })
  const titles = ['client', 'CPU us', 'x undici.request', 'x got', 'requests/s', 'p50 us', 'p99 us', 'heap grown KB']
  return [`| ${titles.join(' | ')} |`, `|${titles.map(() => '---|').join('')}`, ...lines].join('\n')
}

/** The median, with the smallest and the largest. */
function range(values: readonly number[], digits: number): string {
  if (values.length === 0) return '-'
  const sorted = [...values].sort((one, other) => one - other)
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)]
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}

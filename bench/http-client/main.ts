import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { Outcome, Table } from '../table.ts'
import { turned } from '../turned.ts'
import type { CallerJob, CallerSample } from './caller.ts'
import { type CallerName, callers } from './callers.ts'

/** Requests that are under way at once. */
const inFlight = 50

type Results = Map<CallerName, CallerSample[]>

/** Measures the clients side by side, each in a process of its own. */
export async function benchHttpClient(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
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
  return { tables: [tableOf(results)] }
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

function tableOf(results: Results): Table {
  const base = results.get('undici.request') ?? []
  const got = results.get('got') ?? []
  const lines = [...results].map(([label, samples]) => {
    const of = (key: keyof CallerSample): number[] => samples.map((sample) => sample[key])
    const ratio = (other: readonly CallerSample[]): number[] =>
      samples.flatMap(({ cpuUs }, round) => (other[round] === undefined ? [] : [cpuUs / other[round].cpuUs]))
    const counted = [of('perSecond'), of('p50Us'), of('p99Us'), of('grownKb')]
    return { label, cells: [of('cpuUs'), ratio(base), ratio(got), ...counted] }
  })
  const columns = [
    { title: 'CPU us', digits: 1 },
    { title: 'x undici.request', digits: 2 },
    { title: 'x got', digits: 2 },
    { title: 'requests/s', digits: 0 },
    { title: 'p50 us', digits: 0 },
    { title: 'p99 us', digits: 0 },
    { title: 'heap grown KB', digits: 0 },
  ]
  return { of: 'client', columns, lines, drawn: 'CPU us' }
}

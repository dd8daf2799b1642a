import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import { type ContenderName, contenders } from './contenders.ts'
import { fastApi, hasFastApi, startFastApi } from './fast-api.ts'
import { load } from './load.ts'
import { typeCheckMs } from './type-check.ts'

interface Sample {
  readonly cpuUs: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

interface Usage {
  readonly cpuUs: number
}

type RowName = ContenderName | typeof fastApi

/** Every column of differences is to this row. */
const base: ContenderName = 'Fastify'
const connections = 50

/** Measures a POST of JSON that is checked and answered with JSON, on servers in processes of their own, and prints tables. */
export async function benchWeb(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      requests: { type: 'string', default: '20000' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  })
  const names: RowName[] = (Object.keys(contenders) as ContenderName[]).filter(
    (name) => name === base || name.includes(values.only),
  )
  if (hasFastApi()) names.push(fastApi)
  else
    process.stderr.write(
      'FastAPI and uvicorn are not installed; their row is left out (POSTHOUSE_FASTAPI names a Python)\n',
    )
  const results = new Map<RowName, Sample[]>(names.map((name) => [name, []]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      results.get(name)?.push(await measure(name, Number(values.requests)))
    }
  }
  const start = await startOf()
  const types = { 20: await typeCheckMs(20), 200: await typeCheckMs(200) }
  if (values.json)
    process.stdout.write(`${JSON.stringify({ results: Object.fromEntries(results), start, types }, null, 2)}\n`)
  else process.stdout.write(`${table(results)}\n\n${startLine(start)}\n${typesLine(types)}\n`)
}

async function measure(name: RowName, requests: number): Promise<Sample> {
  const server = name === fastApi ? await startFastApi() : await startNode(name)
  try {
    const { port } = server
    await load(port, connections, requests / 2)
    const before = await server.usage()
    const began = performance.now()
    const times = await load(port, connections, requests)
    const seconds = (performance.now() - began) / 1000
    const after = await server.usage()
    const sorted = times.toSorted((one, other) => one - other)
    const at = (part: number) => (sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN) * 1000
    const cpuUs = (after.cpuUs - before.cpuUs) / times.length
    return { cpuUs, perSecond: times.length / seconds, p50Us: at(0.5), p99Us: at(0.99) }
  } finally {
    await server.close()
  }
}

async function startNode(name: ContenderName) {
  const child = new Child('web/server.ts', { args: [name] })
  const { port } = await child.ask<{ port: number }>()
  return { port, usage: () => child.ask<Usage>({}), close: () => child.close() }
}

interface Start {
  readonly importMs: number
  readonly startMs: number
  readonly cpuMs: number
}

async function startOf(): Promise<Start[]> {
  const starts: Start[] = []
  for (let n = 0; n < 5; n++) {
    const app = new Child('web/big-app.ts')
    starts.push(await app.ask<Start>())
    await app.close()
  }
  return starts
}

function table(results: ReadonlyMap<RowName, readonly Sample[]>): string {
  const bases = results.get(base) ?? []
  const lines = [...results].map(([name, samples]) => {
    const above = samples.map(({ cpuUs }, round) => cpuUs - (bases[round]?.cpuUs ?? Number.NaN))
    const of = (key: keyof Sample) => samples.map((sample) => sample[key])
    const cells = [
      range(of('cpuUs'), 1),
      range(above, 1),
      range(of('perSecond'), 0),
      range(of('p50Us'), 0),
      range(of('p99Us'), 0),
    ]
    return `| ${name} | ${cells.join(' | ')} |`
  })
  const titles = ['server', 'CPU us a request', `above ${base}`, 'requests/s', 'p50 us', 'p99 us']
  return [`| ${titles.join(' | ')} |`, `|${titles.map(() => '---|').join('')}`, ...lines].join('\n')
}

function startLine(starts: readonly Start[]): string {
  const of = (key: keyof Start) =>
    range(
      starts.map((start) => start[key]),
      0,
    )
  return `An app of 200 endpoints: ${of('importMs')} ms to import, ${of('startMs')} ms until the first answer`
}

function typesLine(types: Readonly<Record<20 | 200, number>>): string {
  return `Types: ${types[20].toFixed(0)} ms to check an app of 20 endpoints and its client, ${types[200].toFixed(0)} ms of 200`
}

/** The median, with the smallest and the largest. */
function range(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((one, other) => one - other)
  const [least = Number.NaN, most = Number.NaN] = [sorted[0], sorted.at(-1)]
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}

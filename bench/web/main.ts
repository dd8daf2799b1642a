import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { Outcome, Table } from '../table.ts'
import { turned } from '../turned.ts'
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

/** Measures a POST of JSON that is checked and answered with JSON, on servers in processes of their own. */
export async function benchWeb(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      requests: { type: 'string', default: '20000' },
      only: { type: 'string', default: '' },
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
    for (const name of turned(names, round)) {
      results.get(name)?.push(await measure(name, Number(values.requests)))
    }
  }
  const start = await startOf()
  const types = [await typeCheckMs(20), await typeCheckMs(200)]
  return { tables: [requestTable(results), sizeTable(start, types)] }
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

function requestTable(results: ReadonlyMap<RowName, readonly Sample[]>): Table {
  const bases = results.get(base) ?? []
  const lines = [...results].map(([label, samples]) => {
    const above = samples.map(({ cpuUs }, round) => cpuUs - (bases[round]?.cpuUs ?? Number.NaN))
    const of = (key: keyof Sample) => samples.map((sample) => sample[key])
    return { label, cells: [of('cpuUs'), above, of('perSecond'), of('p50Us'), of('p99Us')] }
  })
  const columns = [
    { title: 'CPU us a request', digits: 1 },
    { title: `above ${base}`, digits: 1 },
    { title: 'requests/s', digits: 0 },
    { title: 'p50 us', digits: 0 },
    { title: 'p99 us', digits: 0 },
  ]
  return { of: 'server', columns, lines, drawn: 'CPU us a request' }
}

/** What grows with an app. */
function sizeTable(starts: readonly Start[], [small = Number.NaN, large = Number.NaN]: readonly number[]): Table {
  const of = (key: keyof Start) => starts.map((start) => start[key])
  const lines = [
    { label: 'an app of 200 endpoints: loading its modules', cells: [of('importMs')] },
    { label: 'an app of 200 endpoints: from there to its first answer', cells: [of('startMs')] },
    { label: 'types of an app of 20 endpoints and its client', cells: [[small]] },
    { label: 'types of an app of 200 endpoints and its client', cells: [[large]] },
  ]
  return { of: 'what', columns: [{ title: 'ms', digits: 0 }], lines }
}

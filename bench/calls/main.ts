import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import type { Line, Outcome } from '../table.ts'
import { turned } from '../turned.ts'
import { type Caller, contenders } from './callers.ts'
import type { CallsAnswer, CallsOrder } from './server.ts'

interface Sample {
  readonly perSecond: number
  readonly p99Us: number
  /** Processor time of the server for each call, in microseconds. */
  readonly cpuUs: number
}

/** Measures calls, each server in a process of its own, round by round in turn, with 1 and with 64 under way. */
export async function benchCalls(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
    },
  })
  const labels = Object.keys(contenders)
  const lines: Line[] = []
  for (const inFlight of [1, 64]) {
    const results = new Map<string, Sample[]>(labels.map((label) => [label, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const label of turned(labels, round)) {
        results.get(label)?.push(await measure(label, inFlight, Number(values.seconds) * 1000))
      }
    }
    lines.push(...linesOf(`${inFlight} under way`, results))
  }
  const columns = [
    { title: 'calls a second', digits: 0 },
    { title: 'x emitWithAck', digits: 2 },
    { title: 'p99 us', digits: 0 },
    { title: 'server CPU us a call', digits: 1 },
  ]
  return { tables: [{ of: 'case', columns, lines, drawn: 'calls a second' }] }
}

let calls = 0

async function measure(label: string, inFlight: number, ms: number): Promise<Sample> {
  const contender = contenders[label]
  if (contender === undefined) throw new Error(`there is no ${label}`)
  const child = new Child('calls/server.ts')
  const ask = (order: CallsOrder): Promise<CallsAnswer> => child.ask<CallsAnswer>(order)
  try {
    const { port } = await ask({ say: 'start', label: contender.server })
    await using caller = await contender.open(port)
    await load(caller, inFlight, ms / 2)
    const [from, began] = [await ask({ say: 'usage' }), performance.now()]
    const times = await load(caller, inFlight, ms)
    const [to, ended] = [await ask({ say: 'usage' }), performance.now()]
    times.sort((one, other) => one - other)
    return {
      perSecond: (times.length / (ended - began)) * 1000,
      p99Us: (times[Math.floor(times.length * 0.99)] ?? 0) * 1000,
      cpuUs: (to.cpuUs - from.cpuUs) / times.length,
    }
  } finally {
    await child.close()
  }
}

/** How long each call took, in milliseconds. */
async function load(caller: Caller, inFlight: number, ms: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + ms
  const lane = async (): Promise<void> => {
    for (let began = performance.now(); began < end; ) {
      await caller.call(++calls)
      const now = performance.now()
      times.push(now - began)
      began = now
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return times
}

function linesOf(group: string, results: ReadonlyMap<string, readonly Sample[]>): Line[] {
  const base = results.get('Socket.IO emitWithAck') ?? []
  return [...results].map(([label, samples]) => {
    const of = (key: keyof Sample): number[] => samples.map((sample) => sample[key])
    const ratios = samples.map(({ perSecond }, round) => perSecond / (base[round]?.perSecond ?? perSecond))
    return { label: `${group}: ${label}`, cells: [of('perSecond'), ratios, of('p99Us'), of('cpuUs')] }
  })
}

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
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
    },
  })
  const { seconds, only, profile: profileTo } = values
  const labels = Object.keys(contenders).filter((label) => label === base || label.includes(only))
  const lines: Line[] = []
  for (const inFlight of [1, 64]) {
    const results = new Map<string, Sample[]>(labels.map((label) => [label, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const label of turned(labels, round)) {
        results.get(label)?.push(await measure(label, { inFlight, ms: Number(seconds) * 1000, profileTo }))
      }
    }
    lines.push(...linesOf(`${inFlight} under way`, results))
  }
  const columns = [
    { title: 'calls a second', digits: 0 },
    { title: 'x emitWithAck', digits: 2 },
    { title: 'p99 us', digits: 0 },
    { title: 'server CPU us a call', digits: 1 },
    { title: 'x emitWithAck, CPU', digits: 2 },
  ]
  return { tables: [{ of: 'case', columns, lines, drawn: 'calls a second' }] }
}

/** What the others are compared with. */
const base = 'Socket.IO emitWithAck'
/** So many calls are made before it is measured: what is called has been compiled to the end by then, on a slow machine, too. */
const warmUpCalls = 20_000
let calls = 0

/** How one is measured. */
interface Load {
  /** Calls under way. */
  readonly inFlight: number
  readonly ms: number
  /** Where the server leaves a profile of its processor time. */
  readonly profileTo: string | undefined
}

async function measure(label: string, { inFlight, ms, profileTo }: Load): Promise<Sample> {
  const contender = contenders[label]
  if (contender === undefined) throw new Error(`there is no ${label}`)
  const child = new Child('calls/server.ts', { profileTo })
  const ask = (order: CallsOrder): Promise<CallsAnswer> => child.ask<CallsAnswer>(order)
  try {
    const { port } = await ask({ say: 'start', label: contender.server })
    await using caller = await contender.open(port)
    let left = warmUpCalls
    await load(caller, 64, () => left-- > 0)
    const [from, began] = [await ask({ say: 'usage' }), performance.now()]
    const end = performance.now() + ms
    const times = await load(caller, inFlight, () => performance.now() < end)
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
async function load(caller: Caller, inFlight: number, goesOn: () => boolean): Promise<number[]> {
  const times: number[] = []
  const lane = async (): Promise<void> => {
    for (let began = performance.now(); goesOn(); ) {
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
  const beside = results.get(base) ?? []
  return [...results].map(([label, samples]) => {
    const of = (key: keyof Sample): number[] => samples.map((sample) => sample[key])
    const ratios = (key: keyof Sample): number[] =>
      samples.map((sample, round) => sample[key] / (beside[round]?.[key] ?? sample[key]))
    const times = [of('p99Us'), of('cpuUs'), ratios('cpuUs')]
    return { label: `${group}: ${label}`, cells: [of('perSecond'), ratios('perSecond'), ...times] }
  })
}

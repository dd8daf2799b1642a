import { parseArgs } from 'node:util'
import { Child } from '../child.ts'
import { type Caller, contenders } from './callers.ts'
import type { CallsAnswer, CallsOrder } from './server.ts'

interface Sample {
  readonly perSecond: number
  readonly p99Us: number
  /** Processor time of the server for each call, in microseconds. */
  readonly cpuUs: number
}

/** Measures calls, each server in a process of its own, round by round in turn, with 1 and with 64 under way. */
export async function benchCalls(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  })
  const labels = Object.keys(contenders)
  for (const inFlight of [1, 64]) {
    const results = new Map<string, Sample[]>(labels.map((label) => [label, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const label of [...labels.slice(round % labels.length), ...labels.slice(0, round % labels.length)]) {
        results.get(label)?.push(await measure(label, inFlight, Number(values.seconds) * 1000))
      }
    }
    const text = values.json ? JSON.stringify(Object.fromEntries(results), null, 2) : table(results)
    process.stdout.write(`${inFlight} under way\n\n${text}\n\n`)
  }
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

function table(results: ReadonlyMap<string, readonly Sample[]>): string {
  const base = results.get('Socket.IO emitWithAck') ?? []
  const lines = [...results].map(([label, samples]) => {
    const ratios = samples.map(({ perSecond }, round) => perSecond / (base[round]?.perSecond ?? perSecond))
    const rates = samples.map(({ perSecond }) => perSecond)
    const cells = [range(rates, 0), range(ratios, 2), of(samples, 'p99Us'), of(samples, 'cpuUs')]
    return `| ${label} | ${cells.join(' | ')} |`
  })
  const head = '| case | calls a second | x emitWithAck | p99 us | server CPU us a call |'
  return [head, '| --- | ---: | ---: | ---: | ---: |', ...lines].join('\n')
}

function of(samples: readonly Sample[], name: 'p99Us' | 'cpuUs'): string {
  return range(
    samples.map((sample) => sample[name]),
    1,
  )
}

/** The median, with the smallest and the largest. */
function range(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `${middle.toFixed(digits)} (${sorted[0]?.toFixed(digits)}-${sorted.at(-1)?.toFixed(digits)})`
}

import { availableParallelism, cpus, loadavg } from 'node:os'
import type { Timing } from './measure.ts'
import { type Options, readOptions, usage } from './options.ts'
import { type BenchmarkName, type Case, planOf } from './plan.ts'
import { complaints, tableOf } from './report.ts'
import { runRounds } from './rounds.ts'
import { missingProgram } from './server.ts'

/** Benchmarks that take their own time. */
const ownTimings: Readonly<Partial<Record<BenchmarkName, Partial<Timing>>>> = {
  // What does much for each message is compiled to the end after some 250,000 of them; a bare loop much earlier.
  unicast: { warmUpMs: 5000 },
  durable: { warmUpMs: 5000 },
  // Memory settles within a known time; a longer window would only wait.
  idle: { windowMs: 5000, warmUpMs: 0 },
  // Every client is cut four times.
  jitter: { windowMs: 60_000 },
  inbox: { warmUpMs: 0 },
}

const [name, ...rest] = process.argv.slice(2)
if (name === 'http-client') {
  const { benchHttpClient } = await import('./http-client/main.ts')
  await benchHttpClient(rest)
} else if (name === 'web-socket') {
  const { benchWebSocket } = await import('./web-socket/main.ts')
  await benchWebSocket(rest)
} else if (name === 'log') {
  const { benchLog } = await import('./log/main.ts')
  await benchLog(rest)
} else if (name === 'policies') {
  const { benchPolicies } = await import('./policies/main.ts')
  await benchPolicies(rest)
} else if (name === 'web') {
  const { benchWeb } = await import('./web/main.ts')
  await benchWeb(rest)
} else if (name === 'calls') {
  const { benchCalls } = await import('./calls/main.ts')
  await benchCalls(rest)
} else if (name === 'files') {
  const { benchFiles } = await import('./files/main.ts')
  await benchFiles(rest)
} else await runNamed(process.argv.slice(2))

async function runNamed(args: string[]): Promise<void> {
  const options = readOptions(args)
  if (options !== undefined) return run(options)
  process.stdout.write(usage)
  process.exitCode = args.length > 0 ? 2 : 0
}

async function run(options: Options): Promise<void> {
  const { name, rounds, json } = options
  const cases = casesOf(options)
  const started = facts()
  const onProgress = (line: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else if (line !== '') process.stderr.write(`${line}\n`)
  }
  const results = await runRounds(cases, { rounds, timing: timingOf(options), onProgress })
  onProgress('')
  if (json) process.stdout.write(`${JSON.stringify({ name, ...started, results }, null, 2)}\n`)
  else process.stdout.write(`${headline(started)}; rounds: ${rounds}\n\n${tableOf(name, results)}\n`)
  if (complaints(results).length > 0) process.exitCode = 1
}

function casesOf({ name, only }: Options): readonly Case[] {
  const wanted = planOf(name).filter(
    ({ group, label, server }) => server === 'relay' || server === 'reference' || `${group}: ${label}`.includes(only),
  )
  const missing = new Set(wanted.map(({ server }) => missingProgram(server)).filter((program) => program !== undefined))
  for (const program of missing) process.stderr.write(`${program} is not installed; its rows are left out\n`)
  return wanted.filter(({ server }) => missingProgram(server) === undefined)
}

function timingOf({ name, seconds, profileTo }: Options): Timing {
  const { windowMs = seconds * 1000, warmUpMs = 1000 } = ownTimings[name] ?? {}
  return { windowMs, warmUpMs, profileTo }
}

interface Facts {
  readonly date: string
  readonly node: string
  readonly processors: number
  readonly processor: string
  /** What else the machine was doing: processes that wanted to run in the last minute. */
  readonly loadBefore: number
}

function facts(): Facts {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processors: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  }
}

function headline({ date, node, processors, processor, loadBefore }: Facts): string {
  return `${date}, Node ${node}, ${processors} processors (${processor}), load before: ${loadBefore}`
}

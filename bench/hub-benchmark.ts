import type { Timing } from './measure.ts'
import { type Options, readOptions } from './options.ts'
import { type BenchmarkName, type Case, planOf } from './plan.ts'
import { complaints, tableOf } from './report.ts'
import { runRounds } from './rounds.ts'
import { missingProgram } from './server.ts'
import type { Outcome } from './table.ts'

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

/** Runs one of the benchmarks that measure a hub beside other servers. */
export async function benchHub(name: BenchmarkName, args: readonly string[]): Promise<Outcome> {
  const options = readOptions(name, args)
  const onProgress = (line: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else if (line !== '') process.stderr.write(`${line}\n`)
  }
  const { rounds } = options
  const results = await runRounds(casesOf(options), { rounds, timing: timingOf(options), onProgress })
  onProgress('')
  return { tables: [tableOf(name, results)], complaints: complaints(results) }
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

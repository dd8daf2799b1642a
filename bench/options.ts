import { parseArgs } from 'node:util'
import { type BenchmarkName, benchmarks } from './plan.ts'

/** What was asked for. */
export interface Options {
  readonly name: BenchmarkName
  readonly rounds: number
  readonly seconds: number
  readonly json: boolean
  /** Only the cases whose group and label hold this. */
  readonly only: string
  readonly profileTo: string | undefined
}

/** What is said where nothing, or nothing that exists, was asked for. */
export const usage = `npm run bench -- <name> [--rounds N] [--seconds S] [--only TEXT] [--profile DIR] [--json]

${Object.entries(benchmarks)
  .map(([name, text]) => `  ${name.padEnd(12)} ${text}`)
  .join('\n')}
  calls        one call of a procedure, 1 and 64 under way: Socket.IO, HTTP and hub beside emitWithAck, Fastify, tRPC
  files        a large file sent and fetched beside plain streams, and a folder of small files; takes --mib N and --files N
  http-client  one GET of a kilobyte of JSON, 50 under way: @posthouse/http beside undici, fetch, got, axios, ky, node:http
  log          one line with four fields: @posthouse/log beside pino and winston; takes --lines N instead of --seconds
  web          a checked POST of JSON: @posthouse/web beside Fastify, Hono, Express, node:http and FastAPI; takes --requests N
  web-socket   texts and JSON said back: @posthouse/web beside bare ws
  policies     a task that does nothing, under each policy; takes --runs N instead of --seconds

  --rounds N     how often each case is measured; default 5
  --seconds S    how long a measurement takes, after warming up for 1 or 5 of them; default 3
  --only TEXT    only the cases whose name holds TEXT; ratios need the relay, so it stays
  --profile DIR  every Node server and every load leave a profile of their processor time there
  --json         every sample of every round instead of a table
`

/** Reads the command line; nothing where help is needed. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [name] = positionals
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  if (name === undefined || !isBenchmark(name) || !(rounds >= 1) || !(seconds > 0)) return undefined
  return { name, rounds: Math.floor(rounds), seconds, json: values.json, only: values.only, profileTo: values.profile }
}

function isBenchmark(name: string): name is BenchmarkName {
  return Object.hasOwn(benchmarks, name)
}

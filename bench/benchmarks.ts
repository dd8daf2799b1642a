import type { CatalogueName } from './catalogue.ts'
import { benchHub } from './hub-benchmark.ts'
import { type BenchmarkName, benchmarks as ofHubs } from './plan.ts'
import type { Outcome } from './table.ts'

type Run = (args: string[]) => Promise<Outcome>

const hubs = Object.fromEntries(
  (Object.keys(ofHubs) as BenchmarkName[]).map((name): [string, Run] => [name, (args) => benchHub(name, args)]),
) as Readonly<Record<BenchmarkName, Run>>

/** How each is run. What only one of them needs is loaded for that one. */
export const runs: Readonly<Record<CatalogueName, Run>> = {
  ...hubs,
  calls: async (args) => (await import('./calls/main.ts')).benchCalls(args),
  files: async (args) => (await import('./files/main.ts')).benchFiles(args),
  'http-client': async (args) => (await import('./http-client/main.ts')).benchHttpClient(args),
  log: async (args) => (await import('./log/main.ts')).benchLog(args),
  web: async (args) => (await import('./web/main.ts')).benchWeb(args),
  'web-socket': async (args) => (await import('./web-socket/main.ts')).benchWebSocket(args),
  policies: async (args) => (await import('./policies/main.ts')).benchPolicies(args),
}

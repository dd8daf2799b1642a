import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import manifest from '../package.json' with { type: 'json' }

/** On what, and when, something was measured. */
export interface Facts {
  readonly version: string
  readonly date: string
  readonly node: string
  readonly processors: number
  readonly processor: string
  readonly memoryGiB?: number
  /** What else the machine was doing: processes that wanted to run in the last minute. */
  readonly loadBefore: number
}

/** Those of here and now. */
export function factsNow(): Facts {
  return {
    version: manifest.version,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processors: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  }
}

/** In one line. */
export function factsLine({ version, date, node, processors, processor, memoryGiB, loadBefore }: Facts): string {
  const memory = memoryGiB === undefined ? '' : `, ${memoryGiB} GiB`
  const machine = `${processors} processors (${processor})${memory}`
  return `Posthouse ${version}, ${date}, Node ${node}, ${machine}, load before: ${loadBefore}`
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { writers } from './writers.ts'

/** What a process of the benchmark is to do. */
export interface WriterJob {
  readonly group: string
  readonly label: string
  readonly lines: number
}

/** What it found. */
export interface WriterSample {
  /** Processor time for each line, of all threads, in nanoseconds. */
  readonly cpuNs: number
  /** Time for each line. */
  readonly wallNs: number
}

process.once('message', (job: WriterJob) => {
  measure(job).then(
    (sample) => process.send?.(sample),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})

async function measure({ group, label, lines }: WriterJob): Promise<WriterSample> {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-bench-'))
  try {
    const writer = await writers[group]?.[label]?.(folder)
    if (writer === undefined) throw new Error(`there is no ${group}: ${label}`)
    await write(writer.line, lines / 4)
    const before = process.cpuUsage()
    const began = performance.now()
    await write(writer.line, lines)
    await writer.end()
    const { user, system } = process.cpuUsage(before)
    return { cpuNs: ((user + system) * 1000) / lines, wallNs: ((performance.now() - began) * 1e6) / lines }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Turns of the event loop in between, as in a program; a stream empties itself in them. */
async function write(line: (index: number) => void, lines: number): Promise<void> {
  for (let index = 0; index < lines; index++) {
    line(index)
    if (index % 100 === 99) await setImmediate()
  }
}

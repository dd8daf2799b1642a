import { type CallerName, type CallOnce, callers } from './callers.ts'

/** What a caller is to do. */
export interface CallerJob {
  readonly name: CallerName
  readonly url: string
  readonly inFlight: number
  readonly warmUpMs: number
  readonly windowMs: number
}

/** What it found in its window. */
export interface CallerSample {
  readonly perSecond: number
  /** Processor time for each request, in microseconds. */
  readonly cpuUs: number
  readonly p50Us: number
  readonly p99Us: number
  /** What the heap has grown by during 10,000 requests after the window, in KB. */
  readonly grownKb: number
}

process.once('message', (job: CallerJob) => {
  measure(job).then(
    (sample) => process.send?.(sample),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})

async function measure({ name, url, inFlight, warmUpMs, windowMs }: CallerJob): Promise<CallerSample> {
  const call = await callers[name](url)
  await forTime(call, inFlight, warmUpMs)
  const before = process.cpuUsage()
  const began = performance.now()
  const times = await forTime(call, inFlight, windowMs)
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  const sorted = times.sort((one, other) => one - other)
  return {
    perSecond: times.length / seconds,
    cpuUs: (user + system) / times.length,
    p50Us: at(sorted, 0.5) * 1000,
    p99Us: at(sorted, 0.99) * 1000,
    grownKb: await growth(call, inFlight),
  }
}

async function forTime(call: CallOnce, inFlight: number, ms: number): Promise<number[]> {
  const end = performance.now() + ms
  const times: number[] = []
  const loop = async (): Promise<void> => {
    for (let now = performance.now(); now < end; now = performance.now()) {
      await call()
      times.push(performance.now() - now)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, loop))
  return times
}

async function growth(call: CallOnce, inFlight: number): Promise<number> {
  let left = 10_000
  const loop = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  const before = heapUsed()
  await Promise.all(Array.from({ length: inFlight }, loop))
  return (heapUsed() - before) / 1024
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN
}

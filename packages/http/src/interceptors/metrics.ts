import type { ErrorCode } from '@posthouse/core'
import { checkOptions, type Rules, wholeFrom } from '@posthouse/core/options'
import type { FinishedRequest, HttpInterceptor } from './http-interceptor.ts'

/** Settings of `metrics`. */
export interface MetricsOptions {
  /** Finished requests that are remembered; the oldest make room. Default 1,000. */
  readonly records?: number | undefined
}

export const metricsRules: Rules<MetricsOptions> = { records: wholeFrom(1) }

/** One finished request. */
export interface MetricsRecord {
  readonly method: string
  /** Origin and path, with what looks like an id replaced; without query, so that no secret is in it. */
  readonly url: string
  /** Undefined where no answer came. */
  readonly status: number | undefined
  readonly durationMs: number
  /** The code of the error where no answer came. */
  readonly error: ErrorCode | undefined
  readonly attempts: number
  /** When it began, in Unix milliseconds. */
  readonly timestamp: number
}

/** What the remembered requests have in common. */
export interface MetricsSummary {
  readonly count: number
  /** Share, from 0 to 1, of those without an answer or with a status of 400 and more. */
  readonly errorRate: number
  /** Attempts beyond the first ones. */
  readonly retries: number
  readonly averageMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** What a client has measured. */
export interface MetricsReport {
  /** The latest requests, the oldest of them first. */
  readonly records: readonly MetricsRecord[]
  readonly summary: MetricsSummary
  /** Requests since the client was made, also those that are no longer remembered. */
  readonly total: number
  /** The same for each method and URL. */
  byUrl(): ReadonlyMap<string, MetricsSummary>
}

/** An interceptor that counts, and says what it counted. */
export interface Metrics extends HttpInterceptor {
  readonly name: 'metrics'
  report(): MetricsReport
  reset(): void
}

/** Counts and times requests. It keeps a bounded number of records, and nothing of their headers, queries and bodies. @throws `invalid_option` */
export function metrics(options: MetricsOptions = {}): Metrics {
  checkOptions('metrics', options, metricsRules)
  const { records = 1000 } = options
  const ring = new Ring(records)
  return {
    name: 'metrics',
    onDone: (finished) => ring.add(finished),
    report: () => reportOf(ring.list().map(recordOf), ring.total),
    reset: () => ring.clear(),
  }
}

/** Whether an interceptor is one of `metrics`. */
export function isMetrics(interceptor: HttpInterceptor): interceptor is Metrics {
  return interceptor.name === 'metrics' && 'report' in interceptor
}

/** What a client reports that measures nothing. */
export const emptyReport: MetricsReport = reportOf([], 0)

/** A slot is used again, so that a request leaves no garbage behind but its strings. */
interface Slot {
  method: string
  url: string
  status: number | undefined
  durationMs: number
  error: ErrorCode | undefined
  attempts: number
  timestamp: number
}

class Ring {
  readonly #size: number
  #slots: Slot[] = []
  #next = 0
  total = 0

  constructor(size: number) {
    this.#size = size
  }

  add({ request, status, error, attempts, durationMs, startedAt }: FinishedRequest): void {
    this.total++
    const slot = this.#slot()
    slot.method = request.method
    slot.url = request.template
    slot.status = status
    slot.durationMs = durationMs
    slot.error = error?.code
    slot.attempts = attempts
    slot.timestamp = startedAt
  }

  /** The oldest first. */
  list(): readonly Slot[] {
    return [...this.#slots.slice(this.#next), ...this.#slots.slice(0, this.#next)]
  }

  clear(): void {
    this.#slots = []
    this.#next = 0
    this.total = 0
  }

  #slot(): Slot {
    const used = this.#slots[this.#next]
    const slot = used ?? { method: '', url: '', status: 0, durationMs: 0, error: undefined, attempts: 0, timestamp: 0 }
    if (used === undefined) this.#slots.push(slot)
    this.#next = (this.#next + 1) % this.#size
    return slot
  }
}

function recordOf(slot: Slot): MetricsRecord {
  return { ...slot, url: withoutIds(slot.url) }
}

const idLike =
  /\/(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[^/]*\d)[\w.~=-]{16,}|[\w.~=-]{33,})(?=\/|$)/gi

/** One name for all members of a collection: otherwise each would be measured by itself, and some are secrets. */
function withoutIds(url: string): string {
  return url.replace(idLike, '/{id}')
}

/** What records come to. */
export function reportOf(records: readonly MetricsRecord[], total: number): MetricsReport {
  return {
    records,
    total,
    summary: summaryOf(records),
    byUrl: () => {
      const groups = Map.groupBy(records, ({ method, url }) => `${method} ${url}`)
      return new Map([...groups].map(([name, members]) => [name, summaryOf(members)]))
    },
  }
}

function summaryOf(records: readonly MetricsRecord[]): MetricsSummary {
  const { length: count } = records
  const times = records.map(({ durationMs }) => durationMs).sort((one, other) => one - other)
  const share = (part: number): number => (count === 0 ? 0 : part / count)
  return {
    count,
    errorRate: share(records.filter(failed).length),
    retries: records.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    averageMs: share(times.reduce((sum, time) => sum + time, 0)),
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  }
}

function failed({ status, error }: MetricsRecord): boolean {
  return error !== undefined || status === undefined || status >= 400
}

/** The nearest rank: a value that was measured, not one between two. */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
}

import { Histogram, type KeptHistogram } from './histogram.ts'
import { type KeptLabels, LabelCounts } from './label-counts.ts'

/** What traffic can be told apart by. */
export const labelKinds = ['type', 'client', 'channel'] as const

/** What the traffic of an hour can be told apart by. */
export type LabelKind = (typeof labelKinds)[number]

export const hourMs = 3_600_000

/** Upper bounds of delivery times in milliseconds: a recipient may have been away for days. */
const latencies: readonly number[] = [
  ...[1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
  ...[60_000, 600_000, hourMs, 6 * hourMs, 24 * hourMs, 7 * 24 * hourMs],
]
/** Labels of each kind that are kept of an hour. */
const keptLabels = 64

/** An hour as it is kept in the store. */
export interface KeptHour {
  /** Of this form. */
  readonly version: 1
  readonly messages: number
  readonly delivered: number
  readonly failures: readonly (readonly [code: string, count: number])[]
  readonly latencyMs: KeptHistogram
  readonly by: Readonly<Record<LabelKind, KeptLabels>>
}

/** What is counted in one hour, or in several together. */
export class Hour {
  messages = 0
  delivered = 0
  readonly failures: Map<string, number> = new Map()
  readonly latencyMs: Histogram = new Histogram(latencies)
  readonly by: Readonly<Record<LabelKind, LabelCounts>> = {
    type: new LabelCounts(),
    client: new LabelCounts(),
    channel: new LabelCounts(),
  }

  fail(code: string, count: number): void {
    if (count > 0) this.failures.set(code, (this.failures.get(code) ?? 0) + count)
  }

  /** All failures. */
  get failed(): number {
    let sum = 0
    for (const count of this.failures.values()) sum += count
    return sum
  }

  /** Counts what was kept of an hour. */
  add(kept: KeptHour): void {
    this.messages += kept.messages
    this.delivered += kept.delivered
    for (const [code, count] of kept.failures) this.fail(code, count)
    this.latencyMs.add(kept.latencyMs)
    for (const kind of labelKinds) this.by[kind].add(kept.by[kind])
  }

  kept(): KeptHour {
    const { type, client, channel } = this.by
    return {
      version: 1,
      messages: this.messages,
      delivered: this.delivered,
      failures: [...this.failures],
      latencyMs: this.latencyMs.kept(),
      by: { type: type.kept(keptLabels), client: client.kept(keptLabels), channel: channel.kept(keptLabels) },
    }
  }
}

/** What a record holds, where it is of the form that this hub writes. */
export function asKeptHour(value: unknown): KeptHour | undefined {
  const known = typeof value === 'object' && value !== null && 'version' in value && value.version === 1
  // The version says that `Hour.kept` has written it.
  return known ? (value as KeptHour) : undefined
}

/** The key of an hour's record: they sort by time, and those of a day begin alike. */
export function keyOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13)
}

/** The beginning of the hour of a record, in Unix milliseconds. */
export function startOf(key: string): number {
  return Date.parse(`${key}:00:00Z`)
}

import { PosthouseError } from '@posthouse/core'
import type { HistogramStats } from './histogram.ts'
import { Hour, hourMs, type LabelKind, labelKinds } from './hour.ts'
import type { LabelTraffic, Traffic } from './label-counts.ts'
import type { Statistics } from './statistics.ts'

/** Of which time to tell, and by what. */
export interface StatisticsOptions {
  /** From the hour of this moment on, in Unix milliseconds. Default: a day before `to`. */
  readonly from?: number
  /** To the hour before this moment, in Unix milliseconds, at most 31 days later. Default: now. */
  readonly to?: number
  /** Also tell the traffic of the busiest types, clients or channels. */
  readonly by?: LabelKind
}

/** One hour in numbers. */
export interface HourStatistics extends Traffic {
  /** Its beginning, in Unix milliseconds. */
  readonly from: number
  readonly failed: number
}

/** What went through a hub in a time. Plain data that can be written as JSON. Spec: 4.8.13. */
export interface HubStatistics extends Traffic {
  /** Beginning of the first hour, in Unix milliseconds. */
  readonly from: number
  /** End of the last hour, or now, in Unix milliseconds. */
  readonly to: number
  /** What was refused to clients, calls that failed and messages that became dead letters, by the code of the error. */
  readonly failures: Readonly<Record<string, number>>
  /** From the moment when the hub took a message to its acknowledgement, in milliseconds; one message of each recipient is looked at a time. */
  readonly latencyMs: HistogramStats
  /** The hours in which anything happened, oldest first. */
  readonly hours: readonly HourStatistics[]
  /** The busiest labels, where `by` asks for them. */
  readonly labels?: readonly LabelTraffic[]
  /** All other labels together, where `by` asks for them. */
  readonly other?: Traffic
}

/** Longest time of one answer. */
const longestMs = 31 * 24 * hourMs
/** The latest moment of ECMAScript's dates. */
const latestMs = 8.64e15
/** Labels in one answer. */
const mostLabels = 100

/**
 * Puts together what was counted in a time.
 * @throws PosthouseError `invalid_option`
 */
export async function gatherStatistics(
  statistics: Statistics,
  now: number,
  options: StatisticsOptions,
): Promise<HubStatistics> {
  const { from, to, end } = timeOf(options, now)
  const { by } = options
  if (by !== undefined && !labelKinds.includes(by)) throw wrong(`by must be one of ${labelKinds.join(', ')}`)
  const sum = new Hour()
  const hours: HourStatistics[] = []
  for await (const [start, hour] of statistics.hours(from, end)) {
    const { messages, delivered, failed } = hour
    if (messages + delivered + failed > 0) hours.push({ from: start, messages, delivered, failed })
    sum.add(hour.kept())
  }
  const { messages, delivered, failures, latencyMs } = sum
  return {
    from,
    to,
    messages,
    delivered,
    failures: Object.fromEntries([...failures].sort(([, a], [, b]) => b - a)),
    latencyMs: latencyMs.stats(),
    hours: hours.sort((a, b) => a.from - b.from),
    ...(by && sum.by[by].busiest(mostLabels)),
  }
}

interface Time extends Pick<HubStatistics, 'from' | 'to'> {
  readonly end: number
}

/** Whole hours, as far as they have been. */
function timeOf(options: StatisticsOptions, now: number): Time {
  const to = moment('to', options.to ?? now + 1)
  const from = moment('from', options.from ?? to - 24 * hourMs)
  if (from >= to) throw wrong(`from (${from}) must be earlier than to (${to})`)
  const start = Math.floor(from / hourMs) * hourMs
  const end = Math.ceil(to / hourMs) * hourMs
  if (end - start > longestMs + hourMs) {
    throw wrong('from and to must not be more than 31 days apart: ask for a part of the time')
  }
  return { from: start, to: Math.max(start, Math.min(end, now)), end }
}

function moment(name: string, ms: number): number {
  if (Number.isFinite(ms) && Math.abs(ms) <= latestMs) return ms
  throw wrong(`${name} must be a time in Unix milliseconds, not ${JSON.stringify(ms)}`)
}

function wrong(message: string): PosthouseError {
  return new PosthouseError('invalid_option', message)
}

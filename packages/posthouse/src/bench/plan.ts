import type { Dialect } from '@posthouse/client'
import { PosthouseError, type Qos } from '@posthouse/core'

/** What a run does. */
export interface BenchPlan {
  /** Senders that have one receiver each; 1 in a run with `fanout`. */
  readonly pairs: number
  /** Receivers of every message, which then goes to `all`. */
  readonly fanout?: number
  /** Body of a message, in bytes. */
  readonly size: number
  readonly qos: Qos
  readonly durationMs: number
  /** Ends the run earlier, once so many messages were sent. */
  readonly messages?: number
  /** Messages a second, of all senders together. Absent: as many as `window` allows. */
  readonly rate?: number
  /** Messages of one sender that may be under way. */
  readonly window: number
  readonly dialect: Dialect
}

/** What the number and the time in a body take at most, in bytes. */
export const minSize = 32
const maxWindow = 1000
const maxClients = 10_000
const maxDurationMs = 3_600_000

/** @throws PosthouseError `invalid_option` */
export function checkPlan(plan: BenchPlan): BenchPlan {
  const { pairs, fanout = 1, size, durationMs, window } = plan
  if (size < minSize) throw invalid(`--size must be at least ${minSize}: the bodies carry a number and a time`)
  if (window > maxWindow) throw invalid(`--window must be at most ${maxWindow}`)
  if (pairs > maxClients || fanout > maxClients) throw invalid(`at most ${maxClients} pairs or receivers take part`)
  if (durationMs > maxDurationMs) throw invalid('--duration must be at most 1h')
  return plan
}

/** The plan in words. */
export function describePlan({ pairs, fanout, size, qos, rate, window, dialect }: BenchPlan): string {
  const who = fanout === undefined ? `${pairs} pair${pairs === 1 ? '' : 's'}` : `1 sender to ${fanout} receivers`
  const speed = rate === undefined ? `up to ${window} under way from each sender` : `${rate} messages a second`
  return `${who}, bodies of ${size} bytes, qos ${qos}, ${dialect}, ${speed}`
}

function invalid(problem: string): PosthouseError {
  return new PosthouseError('invalid_option', problem)
}

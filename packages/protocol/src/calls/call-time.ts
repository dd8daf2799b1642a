import { type Clock, PosthouseError } from '@posthouse/core'

/** How a call is made. */
export interface CallOptions {
  /** How long to wait for the end of the answer, in milliseconds, at most a day. Default 30,000. */
  readonly timeoutMs?: number
  /** Until when to wait for the end of the answer: a `Date` or Unix milliseconds. The earlier of both counts. */
  readonly deadline?: number | Date
  /** Gives the call up. */
  readonly signal?: AbortSignal
}

/** Used where a request names no time, in milliseconds. Spec: 4.8.1. */
export const usualCallMs = 30_000
/** The longest time that a request may name, in milliseconds. Spec: 4.8.1. */
export const longestCallMs = 86_400_000

/**
 * The time that a call has, in milliseconds.
 * @throws PosthouseError `invalid_option`, `timeout`
 */
export function callTime({ timeoutMs, deadline }: CallOptions, clock: Pick<Clock, 'now'>): number {
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= longestCallMs)) {
    throw invalid(`timeoutMs must be a whole number from 1 to ${longestCallMs}, not ${timeoutMs}`)
  }
  if (deadline === undefined) return timeoutMs ?? usualCallMs
  const left = Math.ceil(Number(deadline) - clock.now())
  if (Number.isNaN(left)) throw invalid('deadline must be a Date or Unix milliseconds')
  if (left <= 0) throw new PosthouseError('timeout', 'the deadline of the call is over')
  return Math.min(left, timeoutMs ?? longestCallMs, longestCallMs)
}

function invalid(problem: string): PosthouseError {
  return new PosthouseError('invalid_option', problem)
}

import { type Clock, type ErrorCode, type PosthouseError, toPosthouseError } from '@posthouse/core'
import { exponentialBackoff } from '@posthouse/core/policy'
import { createWaiter } from '../waiter.ts'

/** How failures that pass are met. */
export interface Persistence {
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal
  /** How long nothing may come of it, in milliseconds. */
  readonly patienceMs: number
}

/** What a network does, and what a hub that starts anew does: all of it passes. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'not_connected',
  'call_lost',
  'unreachable',
  'timeout',
  'connection_lost',
  'offset_mismatch',
  'upload_busy',
  'draining',
  'store_failed',
  'too_many_calls',
  'rate_limited',
  'truncated_body',
  'token_expired',
])

/** True for a failure that may be over the next time. */
function passes({ code }: PosthouseError): boolean {
  return passing.has(code)
}

/** Tells that something has come of it. */
export type Progressed = () => void

/**
 * Runs `task` until it ends well, with waits in between, as long as something comes of it now and then.
 * @throws PosthouseError what `task` throws and does not pass, or its last failure; `aborted`
 */
export async function persist<Value>(
  { clock, random, signal, patienceMs }: Persistence,
  task: (progressed: Progressed) => Promise<Value>,
): Promise<Value> {
  const backoff = exponentialBackoff({ baseMs: 100, capMs: 5000, random })
  let attempt = 0
  let progressAt = clock.elapsed()
  const progressed = (): void => {
    attempt = 0
    progressAt = clock.elapsed()
  }
  for (;;) {
    try {
      return await task(progressed)
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (signal.aborted || !passes(error) || clock.elapsed() - progressAt > patienceMs) throw error
    }
    attempt++
    await wait(clock, backoff(attempt), signal)
  }
}

async function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const waiter = createWaiter<void>(signal)
  const timer = clock.after(ms, () => waiter.resolve())
  try {
    await waiter.promise
  } finally {
    timer[Symbol.dispose]()
  }
}

import { type Clock, PosthouseError } from '@posthouse/core'

/** What is drained. */
export interface Draining {
  readonly clock: Clock
  /** Nothing is under way. */
  idle(): boolean
  /** There is nothing more to wait for. */
  over(): boolean
  /** Has `told` called whenever something has come to its end. */
  onRest(told: () => void): void
  close(): Promise<void>
}

/**
 * Finishes what is under way, then closes.
 * @throws PosthouseError `timeout`
 */
export async function drain(draining: Draining, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = (): void => {
    if (draining.over()) resolve()
  }
  draining.onRest(check)
  const timer = draining.clock.after(timeoutMs, resolve)
  check()
  await promise
  timer[Symbol.dispose]()
  const idle = draining.idle()
  await draining.close()
  if (!idle) throw new PosthouseError('timeout', `not everything could be finished within ${timeoutMs} ms`)
}

/**
 * How long to wait before attempt `attempt` (1 is the first retry), in milliseconds. `previousMs` is the wait before, if
 * there was one.
 */
export type Backoff = (attempt: number, previousMs?: number) => number

/** Settings of `exponentialBackoff`. */
export interface ExponentialBackoffOptions {
  /** Upper end of the first wait, in milliseconds. Default 500. */
  readonly baseMs?: number | undefined
  /** The largest upper end, in milliseconds. Default 20,000. */
  readonly capMs?: number | undefined
  /** Growth from one attempt to the next. Default 2. */
  readonly factor?: number
  /** Source of randomness in [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Waits that grow exponentially, with full jitter: anything between zero and the upper end, so that clients which lost
 * the same hub do not come back at the same moment.
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { baseMs = 500, capMs = 20_000, factor = 2, random = Math.random } = options
  return (attempt) => random() * Math.min(capMs, baseMs * factor ** Math.max(0, Math.min(attempt, 64) - 1))
}

import type { Clock, LogFields, Logger } from '@posthouse/core'

/** Lines with the same words that are written in one interval. Clients that come and go are told one by one for longer. */
const mostLines: Readonly<Record<keyof Logger, number>> = { debug: 1000, info: 1000, warn: 20, error: 20 }
/** Length of an interval, in milliseconds. */
const intervalMs = 10_000

interface Repeated {
  readonly level: keyof Logger
  readonly since: number
  lines: number
}

/**
 * Keeps a flood out of the log: of lines with the same words only so many are written in ten seconds, and then how many
 * were left out, as `suppressed`. The words must be constant.
 */
export class ThrottledLog implements Logger {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #repeated = new Map<string, Repeated>()

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#mayWrite('debug', message)) this.#logger.debug(message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#mayWrite('info', message)) this.#logger.info(message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#mayWrite('warn', message)) this.#logger.warn(message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#mayWrite('error', message)) this.#logger.error(message, fields)
  }

  /** Says what was left out in intervals that are over by `now`, on the hub's monotonic clock. */
  check(now: number): void {
    for (const [message, { level, since, lines }] of this.#repeated) {
      if (now - since < intervalMs) continue
      this.#repeated.delete(message)
      const suppressed = lines - mostLines[level]
      if (suppressed > 0) this.#logger[level](message, { suppressed })
    }
  }

  #mayWrite(level: keyof Logger, message: string): boolean {
    const repeated = this.#repeated.get(message)
    if (repeated === undefined) {
      this.#repeated.set(message, { level, since: this.#clock.elapsed(), lines: 1 })
      return true
    }
    repeated.lines++
    return repeated.lines <= mostLines[level]
  }
}

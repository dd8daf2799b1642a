import { type Clock, systemClock } from '../clock.ts'
import { checkOptions } from '../options/check-options.ts'
import { aClock, finiteAboveZero, numberFrom, type Rules, wholeFrom } from '../options/rules.ts'
import { PerKey } from './per-key.ts'
import { Tally } from './tally.ts'

/** Settings of `RetryBudget`. */
export interface RetryBudgetOptions {
  /** Retries for each run, at most. Default 0.2. */
  readonly ratio?: number | undefined
  /** Retries within the window that are allowed however few runs there are. Default 3. */
  readonly minimum?: number | undefined
  /** How long runs and retries count, in milliseconds. Default 10,000. */
  readonly windowMs?: number | undefined
  /** Keys that are remembered; the one used longest ago is forgotten first. Default 1,000. */
  readonly maxKeys?: number | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<RetryBudgetOptions> = {
  ratio: numberFrom(0),
  minimum: wholeFrom(0),
  windowMs: finiteAboveZero,
  maxKeys: wholeFrom(1),
  clock: aClock,
}

/**
 * Keeps retries a small share of what is asked, for each key, so that a server that is down does not get a multiple of its
 * usual load. It may be shared by several policies.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #minimum: number
  readonly #clock: Clock
  readonly #tallies: PerKey<Tally>

  /** @throws PosthouseError `invalid_option` */
  constructor(options: RetryBudgetOptions = {}) {
    checkOptions('RetryBudget', options, rules)
    const { ratio = 0.2, minimum = 3, windowMs = 10_000, maxKeys = 1000, clock = systemClock } = options
    this.#ratio = ratio
    this.#minimum = minimum
    this.#clock = clock
    this.#tallies = new PerKey({ create: () => new Tally(windowMs), maxKeys, isIdle: () => true })
  }

  /** Counts the run of a task, its retries not included. */
  count(key = ''): void {
    this.#tallies.of(key).add(this.#clock.elapsed())
  }

  /** Takes one retry from the budget, and says whether there was one. */
  take(key = ''): boolean {
    const now = this.#clock.elapsed()
    const tally = this.#tallies.of(key)
    const { total, marked } = tally.read(now)
    if (marked + 1 > Math.max(this.#minimum, total * this.#ratio)) return false
    tally.mark(now)
    return true
  }
}

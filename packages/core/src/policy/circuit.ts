import { numberOf } from '../options/check-options.ts'
import type { Backoff } from './backoff.ts'
import { Tally } from './tally.ts'

/** `closed` lets everything through, `open` nothing, `half-open` a few that show whether it works again. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** Settings of `Circuit`. */
export interface CircuitOptions {
  /** Failures in a row that open it. */
  readonly consecutive: number
  /** The share of failures that opens it, of all that ended within the window, once those are `minimumRuns`. */
  readonly failureRate: number
  readonly windowMs: number
  readonly minimumRuns: number
  /** How long it stays open, for each time in a row that it has opened. */
  readonly openMs: Backoff
  /** How many may show that it works again, and must. */
  readonly probes: number
  readonly onOpen: (openMs: number) => void
  readonly onHalfOpen: () => void
  readonly onClose: () => void
}

/** A run that was let through, and in which era: what began before the state changed says nothing about the new one. */
export interface Pass {
  readonly era: number
  readonly isProbe: boolean
}

/** What a run came to, as far as a circuit is concerned. */
export type Verdict = 'success' | 'failure' | 'none'

/** The memory of one key: what failed lately, and whether anything is let through. It has no timer. */
export class Circuit {
  readonly #options: CircuitOptions
  #tally: Tally
  #state: CircuitState = 'closed'
  #pass: Pass = { era: 0, isProbe: false }
  #inRow = 0
  #openings = 0
  #openUntil = 0
  #lastOpenMs: number | undefined
  #probing = 0
  #passed = 0

  constructor(options: CircuitOptions) {
    this.#options = options
    this.#tally = new Tally(options.windowMs)
  }

  /** The state at a moment; an open circuit whose time is up counts as half-open. */
  stateAt(now: number): CircuitState {
    return this.#state === 'open' && now >= this.#openUntil ? 'half-open' : this.#state
  }

  /** How long it stays open, in milliseconds. */
  remainingMs(now: number): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntil - now) : 0
  }

  /** Lets a run begin, and gives what `leave` wants; undefined where it may not begin. */
  enter(now: number): Pass | undefined {
    if (this.#state === 'closed') return this.#pass
    if (this.stateAt(now) === 'open') return undefined
    if (this.#state === 'open') this.#halfOpen()
    if (this.#probing + this.#passed >= this.#options.probes) return undefined
    this.#probing++
    return this.#pass
  }

  /** Takes what a run came to. */
  leave({ era, isProbe }: Pass, verdict: Verdict, now: number): void {
    if (era !== this.#pass.era) return
    if (isProbe) this.#judgeProbe(verdict, now)
    else if (verdict !== 'none') this.#judge(verdict, now)
  }

  #judgeProbe(verdict: Verdict, now: number): void {
    this.#probing--
    if (verdict === 'failure') this.#open(now)
    else if (verdict === 'success' && ++this.#passed >= this.#options.probes) this.#close()
  }

  #judge(verdict: Verdict, now: number): void {
    const { consecutive, failureRate, minimumRuns } = this.#options
    this.#tally.add(now)
    if (verdict === 'success') {
      this.#inRow = 0
      return
    }
    this.#tally.mark(now)
    const { total, marked } = this.#tally.read(now)
    if (++this.#inRow >= consecutive || (total >= minimumRuns && marked >= failureRate * total)) this.#open(now)
  }

  #open(now: number): void {
    const openMs = numberOf('circuitBreaker: openMs', this.#options.openMs(this.#openings + 1, this.#lastOpenMs))
    this.#openings++
    this.#lastOpenMs = openMs
    this.#openUntil = now + openMs
    this.#enterEra('open')
    this.#options.onOpen(openMs)
  }

  #halfOpen(): void {
    this.#enterEra('half-open')
    this.#options.onHalfOpen()
  }

  #close(): void {
    this.#openings = 0
    this.#lastOpenMs = undefined
    this.#tally = new Tally(this.#options.windowMs)
    this.#enterEra('closed')
    this.#options.onClose()
  }

  #enterEra(state: CircuitState): void {
    this.#state = state
    this.#pass = { era: this.#pass.era + 1, isProbe: state === 'half-open' }
    this.#inRow = 0
    this.#probing = 0
    this.#passed = 0
  }
}

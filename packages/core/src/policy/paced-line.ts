import type { Clock, Timer } from '../clock.ts'
import type { AdaptiveRate } from './adaptive-rate.ts'
import type { Execution } from './policy.ts'
import { SlidingWindow } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'
import { WaitingLine } from './waiting-line.ts'

/** Settings of `PacedLine`. */
export interface PacedLineOptions {
  readonly perSecond: number
  readonly burst: number | undefined
  /** Where it is also bounded how many go on within any time of a length. */
  readonly window: { readonly tasks: number; readonly ms: number } | undefined
  /** Where it does not stay as it is. */
  readonly rate: AdaptiveRate | undefined
  readonly clock: Clock
}

/** Lets those who wait go on at a rate. It has a timer only while somebody waits. */
export class PacedLine {
  readonly #clock: Clock
  readonly #rate: AdaptiveRate | undefined
  readonly #bucket: TokenBucket
  readonly #window: SlidingWindow | undefined
  readonly #line: WaitingLine
  #timer: Timer | undefined

  constructor({ perSecond, burst, window, rate, clock }: PacedLineOptions) {
    this.#clock = clock
    this.#rate = rate
    this.#bucket = new TokenBucket({ perSecond, burst, clock })
    this.#window = window && new SlidingWindow({ most: window.tasks, windowMs: window.ms, clock })
    this.#line = new WaitingLine({ clock, onLeave: () => this.#advance() })
  }

  /** How many wait. */
  get length(): number {
    return this.#line.length
  }

  /** Goes on at once where nobody waits and the rate allows it. */
  take(): boolean {
    return this.#line.length === 0 && this.#takeToken()
  }

  /** How long it takes until one who came now would go on, in milliseconds. */
  turnMs(): number {
    return this.#turnMs(this.#line.length + 1)
  }

  /** Resolves with true when it is one's turn, with false when that did not come in time. */
  wait(execution: Execution, maxWaitMs: number): Promise<boolean> {
    const turn = this.#line.wait(execution, maxWaitMs)
    this.#advance()
    return turn
  }

  /** Lets the rate fall and the burst go; says the new rate, unless it fell a moment ago. */
  slowDown(): number | undefined {
    const now = this.#clock.elapsed()
    if (!this.#rate?.fall(now)) return undefined
    this.pause(0)
    return this.#rate.at(now)
  }

  /** Lets nobody go on for a while. */
  pause(ms: number): void {
    this.#bucket.pause(ms)
    this.#advance()
  }

  #takeToken(): boolean {
    if (this.#rate) this.#bucket.setRate(this.#rate.at(this.#clock.elapsed()))
    if (this.#window === undefined) return this.#bucket.take()
    if (!this.#window.hasRoom || !this.#bucket.take()) return false
    this.#window.add()
    return true
  }

  #turnMs(count: number): number {
    return Math.max(this.#bucket.turnMs(count), this.#window?.turnMs(count) ?? 0)
  }

  #advance(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    while (this.#line.length > 0 && this.#takeToken()) this.#line.next()
    if (this.#line.length > 0) this.#timer = this.#clock.after(this.#turnMs(1), () => this.#advance())
  }
}

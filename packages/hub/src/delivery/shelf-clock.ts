import type { Clock, InboxStore, Logger, ShelfEntry, Timer } from '@posthouse/core'

const pageSize = 64
/** How often is looked whether the wall clock has jumped, while anything waits. */
const watchMs = 10_000
/** How often is looked in any case. */
const patrolMs = 60_000
/** What could not be sent on is tried again after this time. */
const retryMs = 1000
/** How soon after a look comes the next one at the earliest, so that many entries are found by one. */
const spacingMs = 10
/** Clocks of one computer that differ by more than this have been set. */
const jumpMs = 1000

/** What a shelf clock needs. */
export interface ShelfClockOptions {
  readonly store: InboxStore
  readonly clock: Clock
  readonly logger: Logger
  /** Sends an entry on; resolves when what became of it is stored. */
  readonly deliver: (entry: ShelfEntry) => Promise<void>
  /** Has stored what is on its way, and tries again what failed. */
  readonly commit: () => Promise<void>
  /** Looks after what else has come to its time. Resolves to the wall time when something will again. */
  readonly patrol: () => Promise<number>
}

/**
 * Brings entries of the shelf back when their time has come, with one timer. What a client gave back waits as long as it
 * was said at most, also where the wall clock is set back: its time is measured from when it came onto the shelf. What
 * a sender wants at a time of day waits for that time.
 */
export class ShelfClock implements Disposable {
  readonly #options: ShelfClockOptions
  #timer: Timer | undefined
  /** When the timer goes off, on the monotonic clock. */
  #goesOffAt = Number.POSITIVE_INFINITY
  #running: Promise<void> | undefined
  #again = false
  #closed = false
  /** When was looked last, on both clocks. */
  #lookedAt = Number.NEGATIVE_INFINITY
  #wallAt = Number.POSITIVE_INFINITY
  /** Looks in a row that failed. */
  #failures = 0

  constructor(options: ShelfClockOptions) {
    this.#options = options
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#timer?.[Symbol.dispose]()
  }

  /** Begins with what earlier runs have left. Resolves when that was looked through. */
  start(): Promise<void> {
    return this.#look()
  }

  /** Something will have come to its time at this wall time. */
  expect(at: number): void {
    this.#arm(Math.min(at - this.#options.clock.now(), watchMs))
  }

  /** Resolves when no entry is on its way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  #arm(ms: number): void {
    if (this.#closed) return
    const { clock } = this.#options
    const at = Math.max(clock.elapsed() + Math.min(ms, patrolMs), this.#lookedAt + spacingMs)
    if (at >= this.#goesOffAt) return
    this.#timer?.[Symbol.dispose]()
    this.#goesOffAt = at
    this.#timer = clock
      .after(Math.max(0, at - clock.elapsed()), () => {
        this.#goesOffAt = Number.POSITIVE_INFINITY
        void this.#look()
      })
      .unref()
  }

  #look(): Promise<void> {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        await this.#options.commit()
        this.expect(await this.#options.patrol())
        await this.#deliverDue(this.#hasJumpedBack())
        const next = await this.#options.store.nextDue()
        if (next !== undefined) this.#expectNext(next)
        this.#failures = 0
      } catch (error) {
        this.#options.logger.error('the shelf could not be looked through', { error })
        this.#arm(retryMs * 2 ** this.#failures++)
      }
    }
    this.#arm(patrolMs)
  }

  /** What is due already could not be sent on just now. */
  #expectNext(dueAt: number): void {
    const { clock } = this.#options
    this.expect(Math.max(dueAt, clock.now() + (dueAt <= clock.now() ? retryMs : 0)))
  }

  /** True where the wall clock was set back since the last look, and at the first look, when nobody knows. */
  #hasJumpedBack(): boolean {
    const { clock } = this.#options
    const [now, elapsed] = [clock.now(), clock.elapsed()]
    const jumped = now < this.#wallAt + (elapsed - this.#lookedAt) - jumpMs
    this.#wallAt = now
    this.#lookedAt = elapsed
    return jumped
  }

  async #deliverDue(all: boolean): Promise<void> {
    const { store, clock, deliver } = this.#options
    const query = { kind: 'scheduled', limit: pageSize, ...(!all && { until: clock.now() }) } as const
    for (let after = 0, more = true; more && !this.#closed; ) {
      const page = await store.shelf({ ...query, after })
      const now = clock.now()
      await Promise.all(page.filter((entry) => isDue(entry, now)).map(deliver))
      after = page.at(-1)?.seq ?? after
      more = page.length === pageSize
    }
  }
}

function isDue({ dueAt = 0, at, inbox }: ShelfEntry, now: number): boolean {
  return dueAt <= now || (inbox !== undefined && at > now + jumpMs)
}

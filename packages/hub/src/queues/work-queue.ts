import { type Clock, type InboxStore, type Logger, type PosthouseError, queueInbox, type Timer } from '@posthouse/core'
import type { CallPort } from '../calls/call-port.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { FreeWorkers } from './free-workers.ts'
import { Lane, type QueueEntry } from './lane.ts'
import type { QueueWorker, WorkSource } from './queue-worker.ts'

/** The priority of what names none. */
export const usualPriority = 4
/** All priorities, the highest first. */
export const priorities: readonly number[] = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
/** How long a queue waits before it asks a store again that has failed. */
const retryMs = 1000

/** What queues do with messages that come back from workers. */
export interface QueueOutcomes {
  processed(entry: QueueEntry): void
  /** Counts one more attempt; nothing where it was the last one. */
  again(entry: QueueEntry): QueueEntry | undefined
  returned(entry: QueueEntry, delayMs: number | undefined): void
  unsayable(entry: QueueEntry, worker: string, error: PosthouseError): void
}

/** What a queue needs. */
export interface WorkQueueOptions {
  readonly name: string
  readonly store: Pick<InboxStore, 'read'>
  readonly clock: Clock
  readonly logger: Logger
  readonly outcomes: QueueOutcomes
}

/** One queue: shares its messages among its workers, one each, the highest priority first. */
export class WorkQueue implements WorkSource {
  readonly name: string
  readonly stream: string
  /** Grows each time that it is sent to or subscribed to. */
  uses = 0
  /** Confirmations that wait for it to drain. */
  held: Set<() => void> | undefined
  readonly #options: WorkQueueOptions
  readonly #workers = new Set<QueueWorker>()
  readonly #free = new FreeWorkers<QueueWorker>()
  #lanes: readonly Lane[] | undefined
  #reading = false
  #sharing = false
  #retry: Timer | undefined
  #resting = false
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.name = options.name
    this.stream = `queue:${options.name}`
    this.#options = options
  }

  get workers(): ReadonlySet<QueueWorker> {
    return this.#workers
  }

  /** True while a worker is there. */
  get staffed(): boolean {
    for (const { link } of this.#workers) if (link !== undefined) return true
    return false
  }

  /** The worker that is to answer the next call: of those that have fewest to answer, the one that was asked longest ago. */
  callee(): CallPort | undefined {
    let found: QueueWorker | undefined
    let least = Number.POSITIVE_INFINITY
    for (const worker of this.#workers) {
      const port = worker.link?.calls
      if (!port?.answers || !port.open || port.asked.size >= least) continue
      found = worker
      least = port.asked.size
    }
    if (found === undefined) return undefined
    this.#workers.delete(found)
    this.#workers.add(found)
    return found.link?.calls
  }

  /** Messages that workers have and have not processed. */
  get leased(): number {
    let leased = 0
    for (const { busy } of this.#workers) leased += busy
    return leased
  }

  /** True once the hub ends: nothing is waited for any more. */
  get closed(): boolean {
    return this.#closed
  }

  get promising(): boolean {
    return !this.#resting && this.#everyLane().some(({ promising }) => promising)
  }

  join(worker: QueueWorker): void {
    this.#workers.add(worker)
  }

  left(worker: QueueWorker): void {
    this.#workers.delete(worker)
    this.#free.remove(worker)
    if (this.#workers.size > 0) return
    for (const lane of this.#lanes ?? []) lane.rest()
    this.release()
  }

  /** The names of its inboxes, those with the highest priority first. */
  get inboxes(): readonly string[] {
    return priorities.map((priority) => queueInbox(this.name, priority))
  }

  /** Lets the confirmations go that wait for it to drain. */
  release(): void {
    if (this.held !== undefined) for (const go of [...this.held]) go()
  }

  /** A message was stored for it. */
  offer(inbox: string, seq: number, { envelope, attempt }: Outgoing): void {
    const lane = this.#lane(inbox)
    // Nothing is kept at hand for nobody: once there is a worker it is read.
    if (this.#workers.size === 0) lane?.missed()
    else lane?.offer(seq, envelope, attempt)
    this.#share()
  }

  changed(worker: QueueWorker): void {
    if (!this.#workers.has(worker)) return
    this.#free.place(worker)
    if (worker.link === undefined && !this.staffed) this.release()
    this.#share()
  }

  processed(entry: QueueEntry): void {
    this.#options.outcomes.processed(entry)
  }

  lost(entry: QueueEntry): void {
    const again = this.#options.outcomes.again(entry)
    if (again !== undefined) this.#lane(again.inbox)?.giveBack(again)
    this.#share()
  }

  returned(entry: QueueEntry, delayMs: number | undefined): void {
    this.#options.outcomes.returned(entry, delayMs)
  }

  unsayable(entry: QueueEntry, error: PosthouseError): void {
    this.#options.outcomes.unsayable(entry, this.stream, error)
  }

  /** Hands out nothing more: another hub will, with the same store. */
  rest(): void {
    this.#resting = true
    this.release()
  }

  /** The hub ends. */
  close(): void {
    this.#closed = true
    this.rest()
    this.#retry?.[Symbol.dispose]()
    for (const worker of this.#workers) worker.close()
  }

  /** Hands out what is at hand, as long as somebody may be given it. */
  #share(): void {
    // What is handed out may bring this queue here again.
    if (this.#sharing || this.#resting) return
    this.#sharing = true
    try {
      for (let worker = this.#free.next(); worker !== undefined; worker = this.#free.next()) {
        const entry = this.#next()
        if (entry === undefined) return
        worker.give(entry)
        this.#free.place(worker)
      }
    } finally {
      this.#sharing = false
    }
  }

  #next(): QueueEntry | undefined {
    const now = this.#options.clock.now()
    for (const lane of this.#everyLane()) {
      const entry = lane.next(now)
      if (entry !== undefined) return entry
      if (lane.behind) {
        this.#read(lane)
        return undefined
      }
    }
    return undefined
  }

  #read(lane: Lane): void {
    if (this.#reading || this.#retry !== undefined) return
    this.#reading = true
    lane
      .fill()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#reading = false
        this.#share()
      })
  }

  #failed(error: unknown): void {
    const { logger, clock, name } = this.#options
    logger.error('a queue could not be read', { queue: name, error })
    if (this.#closed) return
    this.#retry = clock
      .after(retryMs, () => {
        this.#retry = undefined
        this.#share()
      })
      .unref()
  }

  #lane(inbox: string): Lane | undefined {
    return this.#lanes?.find((lane) => lane.inbox === inbox)
  }

  #everyLane(): readonly Lane[] {
    this.#lanes ??= this.inboxes.map((inbox) => new Lane(inbox, this.#options.store))
    return this.#lanes
  }
}

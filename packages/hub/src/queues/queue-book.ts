import { setImmediate } from 'node:timers/promises'
import { type Clock, type InboxStore, type Logger, PosthouseError } from '@posthouse/core'
import type { Batcher } from '../routing/batcher.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { type QueueOutcomes, WorkQueue } from './work-queue.ts'

/** Kind of the records that tell which queues there are. */
const queueRecords = 'queue'
/** From this share of the most there may be, queues that nobody uses are looked for. */
const crowdedShare = 0.9
/** … and again when they have become more by this share of it, or, where there is no room … */
const growthShare = 0.01
/** … after this time, in milliseconds. */
const restMs = 1000
/** Queues that are looked at in one turn of the event loop. */
const looksAtOnce = 16

/** What a book of queues needs. */
export interface QueueBookOptions {
  readonly store: InboxStore
  readonly batcher: Pick<Batcher, 'record'>
  readonly clock: Clock
  readonly logger: Logger
  readonly outcomes: QueueOutcomes
  /** Queues that there may be. `Infinity` stands for no limit. */
  readonly most: number
}

/** Which queues there are. One begins with its first message or worker. */
export class QueueBook implements Disposable {
  readonly #options: QueueBookOptions
  readonly #queues = new Map<string, WorkQueue>()
  #clearing = false
  #clearedAt = Number.NEGATIVE_INFINITY
  /** How many queues there have to be before they are looked through again. */
  #crowdedFrom = 0

  constructor(options: QueueBookOptions) {
    this.#options = options
  }

  /** Reads what earlier runs have left. */
  async load(): Promise<void> {
    for (const { key } of await this.#options.store.records(queueRecords)) this.#open(key)
  }

  get(name: string): WorkQueue | undefined {
    return this.#queues.get(name)
  }

  all(): Iterable<WorkQueue> {
    return this.#queues.values()
  }

  /**
   * The queue of that name, made when it is needed for the first time.
   * @throws PosthouseError `limit_reached`
   */
  used(name: string): WorkQueue {
    const known = this.#queues.get(name)
    if (known !== undefined) {
      known.uses++
      return known
    }
    const { most, batcher, clock } = this.#options
    if (this.#isCrowded()) this.#clear()
    if (this.#queues.size >= most) {
      throw new PosthouseError('limit_reached', `there are ${most} queues, and no more are allowed (quotas.queues)`)
    }
    batcher.record({ kind: queueRecords, key: name, value: { since: clock.now() } })
    return this.#open(name)
  }

  /** The queue that this is an inbox of. */
  atInbox(inbox: string): WorkQueue | undefined {
    const [begin, kind, name] = inbox.split('\n')
    return begin === '' && kind === 'queue' && name !== undefined ? this.#queues.get(name) : undefined
  }

  /** A message was stored in the inbox of a queue. */
  offer(inbox: string, seq: number, outgoing: Outgoing): void {
    this.atInbox(inbox)?.offer(inbox, seq, outgoing)
  }

  /** The hub is about to end, and its store is not: what waits is left to the next hub. */
  rest(): void {
    for (const queue of this.#queues.values()) queue.rest()
  }

  [Symbol.dispose](): void {
    for (const queue of this.#queues.values()) queue.close()
  }

  #open(name: string): WorkQueue {
    const queue = new WorkQueue({ ...this.#options, name })
    this.#queues.set(name, queue)
    return queue
  }

  /** Looking through all of them takes a while, and is not done again before it is of use. */
  #isCrowded(): boolean {
    const { most, clock } = this.#options
    if (this.#queues.size < Math.max(this.#crowdedFrom, most * crowdedShare)) return false
    return this.#queues.size < most || clock.elapsed() >= this.#clearedAt + restMs
  }

  #clear(): void {
    if (this.#clearing) return
    this.#clearing = true
    this.#dropUnused()
      .catch((error: unknown) => this.#options.logger.warn('queues could not be looked through', { error }))
      .finally(() => {
        const { most, clock } = this.#options
        this.#clearing = false
        this.#clearedAt = clock.elapsed()
        this.#crowdedFrom = Math.min(most, this.#queues.size + most * growthShare)
      })
  }

  /** Forgets queues that hold nothing and have no workers. */
  async #dropUnused(): Promise<void> {
    for (const [index, queue] of [...this.#queues.values()].entries()) {
      // What a store answers at once would hold up everything else.
      if (index % looksAtOnce === 0) await setImmediate()
      const { uses, name } = queue
      if (queue.workers.size > 0 || (await this.#holdsAny(queue))) continue
      if (queue.uses !== uses || queue.workers.size > 0) continue
      queue.close()
      this.#queues.delete(name)
      this.#options.batcher.record({ kind: queueRecords, key: name, value: undefined })
    }
  }

  async #holdsAny({ inboxes }: WorkQueue): Promise<boolean> {
    for (const inbox of inboxes) {
      if ((await this.#options.store.inspect(inbox)).messages > 0) return true
      if ((await this.#options.store.shelf({ kind: 'scheduled', inbox, limit: 1 })).length > 0) return true
    }
    return false
  }
}

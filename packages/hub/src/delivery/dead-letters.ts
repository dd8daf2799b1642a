import type { InboxStore, ShelfEntry } from '@posthouse/core'
import type { Batcher } from '../routing/batcher.ts'
import { assertPage, contentOf, type DeadLetterSummary, deadLetterOf, type MessageContent } from './message-summary.ts'
import type { ShelfDelivery } from './shelf-delivery.ts'

/** Dead letters in one page. */
const mostListed = 256
const usualListed = 100

/** Which dead letters are wanted. */
export interface DeadLetterQuery {
  /** Only those that were meant for this client's inbox. */
  readonly client?: string
  /** Only those behind this position. Default 0. */
  readonly after?: number
  /** 1 to 256. Default 100. */
  readonly limit?: number
}

/** Which dead letters are removed: those that are named, those of a client, or all. */
export interface PurgeQuery {
  readonly seqs?: readonly number[]
  readonly client?: string
}

/** What dead letters need. */
export interface DeadLettersOptions {
  readonly store: InboxStore
  readonly batcher: Batcher
  readonly delivery: ShelfDelivery
}

/** Messages that nobody could or would process. Spec: 4.5.4. */
export class DeadLetters {
  readonly #options: DeadLettersOptions

  constructor(options: DeadLettersOptions) {
    this.#options = options
  }

  /**
   * A page of them, oldest first.
   * @throws PosthouseError `invalid_option`
   */
  async list(query: DeadLetterQuery = {}): Promise<readonly DeadLetterSummary[]> {
    assertPage(query)
    return (await this.#page(query)).map(deadLetterOf)
  }

  /**
   * One of them with its content; nothing where there is none at this position.
   * @throws PosthouseError `unrepresentable`, `invalid_body` where its content cannot be told
   */
  async show(seq: number): Promise<(DeadLetterSummary & MessageContent) | undefined> {
    const entry = await this.#find(seq)
    return entry && { ...deadLetterOf(entry), ...contentOf(entry.envelope) }
  }

  /** Sends them on as if they were new. What has passed its time, or is refused again, stays. Returns how many went. */
  async redrive(seqs: readonly number[]): Promise<number> {
    let redriven = 0
    for (const seq of new Set(seqs)) {
      const entry = await this.#find(seq)
      if (entry !== undefined && (await this.#options.delivery.redrive(entry))) redriven++
    }
    return redriven
  }

  /** Removes them for good. Returns how many there were. */
  async purge({ seqs, client }: PurgeQuery = {}): Promise<number> {
    const named = seqs && new Set(seqs)
    let purged = 0
    let after = 0
    for (let more = true; more; ) {
      const page = await this.#page({ ...(client !== undefined && { client }), after, limit: mostListed })
      for (const { seq } of page.filter((entry) => named?.has(entry.seq) ?? true)) {
        this.#options.batcher.unshelve(seq)
        purged++
      }
      after = page.at(-1)?.seq ?? after
      more = page.length === mostListed
    }
    await this.#options.batcher.committed()
    return purged
  }

  async #find(seq: number): Promise<ShelfEntry | undefined> {
    const [entry] = await this.#page({ after: seq - 1, limit: 1 })
    return entry?.seq === seq ? entry : undefined
  }

  #page({ client, after = 0, limit = usualListed }: DeadLetterQuery): Promise<readonly ShelfEntry[]> {
    return this.#options.store.shelf({ kind: 'dead', after, limit, ...(client !== undefined && { inbox: client }) })
  }
}

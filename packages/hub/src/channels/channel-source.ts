import { type Envelope, type InboxStore, type LogPage, type LogQuery, PosthouseError } from '@posthouse/core'
import type { FeedPage, FeedSource, Opening } from '../routing/feed-source.ts'

const firstPageSize = 64

/** Which channels one subscription reads, and what of them. */
export interface ChannelSourceOptions {
  readonly store: Pick<InboxStore, 'readLog'>
  readonly query: LogQuery
  /** True for what is not for this reader. Default: nothing is left out. */
  readonly omits?: (envelope: Envelope, seq: number) => boolean
}

/** The log of channels as one subscription follows it. */
export class ChannelSource implements FeedSource {
  readonly #options: ChannelSourceOptions

  constructor(options: ChannelSourceOptions) {
    this.#options = options
  }

  async open(after: number): Promise<Opening> {
    const page = await this.#page(after, firstPageSize)
    return { begin: Math.max(after, page.trimmed), page: { ...this.#shown(page), more: true } }
  }

  /** @throws PosthouseError `slow_consumer` where something is missing */
  async read(after: number, limit: number): Promise<FeedPage> {
    const page = await this.#page(after, limit)
    if (page.trimmed > after) {
      const message = `messages up to position ${page.trimmed} are not kept any more, and ${after} was the last one read`
      throw new PosthouseError('slow_consumer', message)
    }
    return { ...this.#shown(page), more: page.entries.length >= limit }
  }

  #page(after: number, limit: number): Promise<LogPage> {
    const { store, query } = this.#options
    return store.readLog(query, after, limit)
  }

  #shown({ entries, scanned }: LogPage): Pick<FeedPage, 'entries' | 'scanned'> {
    const { omits } = this.#options
    if (omits === undefined) return { entries, scanned }
    return { entries: entries.filter(({ envelope, seq }) => !omits(envelope, seq)), scanned }
  }
}

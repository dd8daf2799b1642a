import { clientAddress, type Envelope, type InboxStore, PosthouseError } from '@posthouse/core'
import type { FeedPage, FeedSource, Opening } from './feed-source.ts'

const firstPageSize = 64

/** What a source that reads the log needs. */
export interface LogSourceOptions {
  readonly store: Pick<InboxStore, 'readLog'>
  /** The address whose log it is. */
  readonly to: string
  /** True where cursors outlive the sessions of those who read. Default false. */
  readonly lasting?: boolean
  /** Told that a client is fed no more. */
  readonly onLeft?: (client: string) => void
  /** Told that a client has caught up. */
  readonly onDrained?: (client: string) => void
}

/** The log of an address that many clients read, each without what it has sent itself. */
export class LogSource implements FeedSource {
  readonly #options: LogSourceOptions

  constructor(options: LogSourceOptions) {
    this.#options = options
  }

  get lasting(): boolean {
    return this.#options.lasting ?? false
  }

  async read(after: number, limit: number): Promise<FeedPage> {
    const { store, to } = this.#options
    const { entries, scanned, trimmed } = await store.readLog({ to }, after, limit)
    if (trimmed <= after) return { entries, scanned, more: entries.length === limit }
    const message = `messages to ${JSON.stringify(to)} up to ${trimmed} are not kept any more, and this client has come to ${after}`
    throw new PosthouseError('slow_consumer', message)
  }

  async open(after: number): Promise<Opening> {
    const { store, to } = this.#options
    const { entries, scanned, trimmed } = await store.readLog({ to }, after, firstPageSize)
    return { begin: Math.max(after, trimmed), page: { entries, scanned, more: true } }
  }

  omits({ from }: Envelope, client: string): boolean {
    return from.endsWith(client) && from === clientAddress(client)
  }

  left(client: string): void {
    this.#options.onLeft?.(client)
  }

  drained(client: string): void {
    this.#options.onDrained?.(client)
  }
}

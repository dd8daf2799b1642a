import { clientAddress, type Envelope, type InboxStore, PosthouseError } from '@posthouse/core'
import type { FeedPage, FeedSource } from './feed.ts'

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

  async lost(after: number): Promise<number> {
    const { store, to } = this.#options
    const { trimmed } = await store.readLog({ to }, after, 0)
    return Math.max(after, trimmed)
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

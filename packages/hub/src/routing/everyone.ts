import type { Envelope, InboxStore, LogLimits } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Feed } from './feed.ts'
import { LogSource } from './log-source.ts'
import type { Outgoing } from './outgoing.ts'

/** Name of the stream of messages to everyone, and their address. */
export const everyoneStream = 'all'

/** How many messages to everyone are kept for those who fall behind. Spec: 6.4.3. */
const kept: LogLimits = { messages: 1000, ageMs: 7 * 86_400_000 }
/** Who has more than so many still to get slows the senders down … */
const crowdedAt = kept.messages / 2

/** Those of an address's recipients who read its log. */
export interface LogAudience {
  readonly limits: LogLimits
  /** True for a recipient who needs no copy in his inbox. */
  reads(record: ClientRecord): boolean
  /** Those who need one all the same. Default: the recipients who do not read it. */
  copies?(envelope: Envelope): Iterable<ClientRecord>
  /** Hands over what was stored; returns those who are there and fall behind. */
  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[]
}

/** The sessions that get what is sent to everyone: kept once in the log, read by each from where it is. Spec: 4.1.5. */
export class Everyone implements LogAudience {
  readonly limits: LogLimits = kept
  readonly #source: LogSource
  readonly #followers = new Map<string, { readonly record: ClientRecord; readonly feed: Feed }>()

  constructor(store: Pick<InboxStore, 'readLog'>) {
    this.#source = new LogSource({
      store,
      to: everyoneStream,
      onLeft: (client) => this.#followers.delete(client),
      onDrained: (client) => this.#followers.get(client)?.record.release(),
    })
  }

  /** Has a client get what is sent to everyone behind `seq`, as long as its session lives. */
  follow(record: ClientRecord, seq: number): void {
    const feed = record.feeds.follow(everyoneStream, this.#source, seq)
    this.#followers.set(record.id, { record, feed })
  }

  reads({ session }: ClientRecord): boolean {
    return session !== undefined
  }

  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[] {
    let crowded: ClientRecord[] | undefined
    for (const { record, feed } of this.#followers.values()) {
      feed.offer(seq, outgoing)
      if (feed.waiting <= crowdedAt || !record.online) continue
      crowded ??= []
      crowded.push(record)
    }
    return crowded ?? []
  }
}

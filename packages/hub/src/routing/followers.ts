import type { LogLimits } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Feed } from './feed.ts'
import type { Outgoing } from './outgoing.ts'

/** The clients with a session that read one log, each by a feed of its own. */
export class Followers {
  readonly #followers = new Map<string, { readonly record: ClientRecord; readonly feed: Feed }>()
  readonly #crowdedAt: number

  /** @param limits of the log: who has more than half of it still to get slows the senders down */
  constructor({ messages }: LogLimits) {
    this.#crowdedAt = messages / 2
  }

  add(record: ClientRecord, feed: Feed): void {
    this.#followers.set(record.id, { record, feed })
  }

  delete(client: string): void {
    this.#followers.delete(client)
  }

  feedOf(client: string): Feed | undefined {
    return this.#followers.get(client)?.feed
  }

  /** A client has caught up: lets the confirmations go that wait for it. */
  release(client: string): void {
    this.#followers.get(client)?.record.release()
  }

  /** Hands over what was stored; returns those who are there and fall behind. */
  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[] {
    let crowded: ClientRecord[] | undefined
    for (const { record, feed } of this.#followers.values()) {
      feed.offer(seq, outgoing)
      if (feed.waiting <= this.#crowdedAt || !record.online) continue
      crowded ??= []
      crowded.push(record)
    }
    return crowded ?? []
  }
}

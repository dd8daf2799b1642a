import type { Envelope, InboxStore, LogLimits } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Registry } from '../clients/registry.ts'
import type { LogAudience } from '../routing/everyone.ts'
import { Followers } from '../routing/followers.ts'
import { LogSource } from '../routing/log-source.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import type { Group } from './group.ts'

/** How many messages to a large group are kept for members who fall behind or are away. Spec: 4.7.3. */
const kept: LogLimits = { messages: 1000, ageMs: 7 * 86_400_000 }

/** Those who get what is sent to a large group: it is kept once in the log, read by each member from where it is. */
export class GroupAudience implements LogAudience {
  readonly limits: LogLimits = kept
  /** Name of its stream. */
  readonly stream: string
  readonly #registry: Registry
  readonly #source: LogSource
  readonly #followers = new Followers(kept)
  /** Members who cannot read it, and get copies in their inboxes. */
  readonly #copied = new Set<string>()

  constructor(
    { name, members }: Group,
    parts: { readonly store: Pick<InboxStore, 'readLog'>; readonly registry: Registry },
  ) {
    this.stream = `group:${name}`
    this.#registry = parts.registry
    this.#source = new LogSource({
      store: parts.store,
      to: this.stream,
      lasting: true,
      onLeft: (client) => this.#followers.delete(client),
      onDrained: (client) => this.#followers.release(client),
    })
    for (const { client, inbox } of members.values()) if (inbox) this.#copied.add(client)
  }

  /** Has a client get what is sent to the group behind `seq`, as long as its session lives. */
  follow(record: ClientRecord, seq: number): void {
    this.#copied.delete(record.id)
    const feed = record.feeds.follow(this.stream, this.#source, seq)
    this.#followers.add(record, feed)
  }

  /** Has a client get copies from now on, or, with `on` false, nothing until it follows. */
  copy(client: string, on: boolean): void {
    if (on) this.#copied.add(client)
    else this.#copied.delete(client)
  }

  reads({ id }: ClientRecord): boolean {
    return !this.#copied.has(id)
  }

  *copies({ from }: Envelope): Iterable<ClientRecord> {
    for (const client of this.#copied) {
      const record = this.#registry.get(client)
      if (record !== undefined && record.address !== from) yield record
    }
  }

  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[] {
    return this.#followers.offer(seq, outgoing)
  }
}

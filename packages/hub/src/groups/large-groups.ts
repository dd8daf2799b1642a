import { cursorName, type Envelope, type InboxStore, type StoredEnvelope } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Registry } from '../clients/registry.ts'
import type { Batcher } from '../routing/batcher.ts'
import type { LogAudience } from '../routing/everyone.ts'
import { Outgoing } from '../routing/outgoing.ts'
import type { Group, GroupMember } from './group.ts'
import { GroupAudience } from './group-audience.ts'
import type { GroupBook } from './group-book.ts'
import { memberRecord } from './group-records.ts'

const pageSize = 256
const prefix = 'group:'

/** What large groups need. */
export interface LargeGroupsOptions {
  readonly store: InboxStore
  readonly batcher: Batcher
  readonly registry: Registry
  readonly book: () => GroupBook
}

/**
 * Gives the members of large groups their messages: from the log, in a stream with a cursor of each member's own, also while
 * it has no session. Programs of a dialect without streams get copies in their inboxes. Spec: 4.7.3.
 */
export class LargeGroups {
  readonly #options: LargeGroupsOptions
  readonly #audiences = new Map<string, GroupAudience>()

  constructor(options: LargeGroupsOptions) {
    this.#options = options
  }

  /** Those who get a message to a large group; nothing for any other address. */
  audienceOf({ to }: Envelope): LogAudience | undefined {
    return this.#audiences.get(to)
  }

  /** A group is large, now or since an earlier run of the hub. */
  open(group: Group): void {
    const known = this.#audiences.get(`${prefix}${group.name}`)
    const audience = known ?? new GroupAudience(group, this.#options)
    this.#audiences.set(audience.stream, audience)
  }

  /** A group has ended. */
  close({ name }: Group): void {
    this.#audiences.delete(`${prefix}${name}`)
  }

  /** The position behind which a new member's messages come. */
  async newest(): Promise<number> {
    return (await this.#options.store.inspect('')).newest
  }

  /** A client belongs to a large group from now on; its messages come behind `seq`. Returns it as it is to be kept. */
  enter(group: Group, member: GroupMember, seq: number): GroupMember {
    const { registry, batcher } = this.#options
    const audience = this.#audiences.get(`${prefix}${group.name}`)
    const record = registry.get(member.client)
    const inbox = record?.dialect === 'cross_comm'
    audience?.copy(member.client, inbox)
    if (inbox) return { ...member, inbox }
    batcher.acknowledge(cursorName(member.client, `${prefix}${group.name}`), seq)
    if (record?.session !== undefined) audience?.follow(record, seq)
    return member
  }

  /** A client does not belong to a large group any more. */
  leave({ name }: Group, client: string): void {
    const stream = `${prefix}${name}`
    this.#audiences.get(stream)?.copy(client, false)
    this.#options.registry.get(client)?.feeds.unfollow(stream)
    this.#options.batcher.forget(cursorName(client, stream))
  }

  /** Has a v1 client that has come follow its large groups. */
  async follow(record: ClientRecord): Promise<void> {
    for (const { group, member, audience } of this.#of(record)) {
      if (record.feeds.of(audience.stream) !== undefined) continue
      const { position, newest } = await this.#options.batcher.inspect(cursorName(record.id, audience.stream))
      // It may have left meanwhile, or have come again.
      if (record.session === undefined || group.members.get(record.id) !== member) continue
      if (record.feeds.of(audience.stream) !== undefined) continue
      if (member.inbox) this.#change(group, { client: member.client, role: member.role, since: member.since })
      const seq = member.inbox ? newest : position.seq
      if (member.inbox) this.#options.batcher.acknowledge(cursorName(record.id, audience.stream), seq)
      audience.follow(record, seq)
    }
  }

  /** Has a cross_comm client that has come get copies from its large groups, of what it has missed, too. */
  async copy(record: ClientRecord): Promise<void> {
    const { batcher } = this.#options
    for (const { group, member, audience } of this.#of(record)) {
      if (member.inbox) continue
      const cursor = cursorName(record.id, audience.stream)
      const { position, newest } = await batcher.inspect(cursor)
      const missed = await this.#read(audience.stream, position.seq, newest)
      if (group.members.get(record.id) !== member) continue
      // What is handed over together is kept together: nothing is missed or copied twice.
      this.#change(group, { ...member, inbox: true })
      audience.copy(record.id, true)
      batcher.forget(cursor)
      for (const { envelope } of missed) if (envelope.from !== record.address) this.#deliver(record, envelope)
    }
  }

  *#of(record: ClientRecord): Iterable<{ group: Group; member: GroupMember; audience: GroupAudience }> {
    const book = this.#options.book()
    for (const name of [...book.of(record.id)]) {
      const group = book.get(name)
      const member = group?.members.get(record.id)
      const audience = this.#audiences.get(`${prefix}${name}`)
      if (group !== undefined && member !== undefined && audience !== undefined) yield { group, member, audience }
    }
  }

  #change(group: Group, member: GroupMember): void {
    group.members.set(member.client, member)
    this.#options.batcher.record(memberRecord(group.name, member))
  }

  #deliver(record: ClientRecord, envelope: Envelope): void {
    this.#options.batcher.append({ envelope, recipients: [record.id] }, (outcome) => {
      if (!('state' in outcome) || outcome.state !== 'stored') return
      record.feeds.inbox.offer(outcome.seq, new Outgoing(envelope, outcome.seq))
    })
  }

  async #read(to: string, after: number, newest: number): Promise<readonly StoredEnvelope[]> {
    const found: StoredEnvelope[] = []
    for (let at = after; at < newest; ) {
      const { entries, scanned } = await this.#options.store.readLog({ to }, at, pageSize)
      found.push(...entries.filter(({ seq }) => seq <= newest))
      at = Math.max(at + 1, scanned)
    }
    return found
  }
}

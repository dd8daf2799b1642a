import { type InboxStore, type Logger, PosthouseError, type RecordChange, type RecordEntry } from '@posthouse/core'
import type { GroupRole } from '@posthouse/protocol'
import type { Batcher } from '../routing/batcher.ts'
import { Group, type GroupMember, largestSmall } from './group.ts'
import {
  groupRecords,
  keyOf,
  largeRecord,
  memberRecord,
  noMemberRecord,
  readLarge,
  readMember,
} from './group-records.ts'
import type { LargeGroups } from './large-groups.ts'

/** How many groups there may be, and how large. `Infinity` stands for no limit. */
interface GroupLimits {
  readonly groups: number
  readonly groupMembers: number
  readonly groupsPerClient: number
}

/** What a book of groups needs. */
export interface GroupBookOptions {
  readonly store: Pick<InboxStore, 'records'>
  readonly limits: GroupLimits
  readonly logger: Logger
  readonly clock: { now(): number }
  readonly batcher: Pick<Batcher, 'record'>
  /** Gives the members of large groups their messages. */
  readonly large: LargeGroups
}

/**
 * Who belongs to which group. A change holds at once, and is answered when the store has it; where it could not be stored,
 * what the store has holds again.
 */
export class GroupBook {
  readonly #options: GroupBookOptions
  readonly #groups = new Map<string, Group>()
  readonly #groupsOf = new Map<string, Set<string>>()

  constructor(options: GroupBookOptions) {
    this.#options = options
  }

  /** Reads what earlier runs have left; returns the ids of all members. */
  async load(): Promise<Iterable<string>> {
    this.#take(await this.#options.store.records(groupRecords))
    return this.#groupsOf.keys()
  }

  get size(): number {
    return this.#groups.size
  }

  get(name: string): Group | undefined {
    return this.#groups.get(name)
  }

  /** @throws PosthouseError `unknown_recipient` */
  known(name: string): Group {
    const group = this.#groups.get(name)
    if (group !== undefined) return group
    throw new PosthouseError(
      'unknown_recipient',
      `there is no group ${JSON.stringify(name)}; the first to join it makes it`,
    )
  }

  all(): Iterable<Group> {
    return this.#groups.values()
  }

  /** Names of the groups that a client belongs to. */
  of(client: string): ReadonlySet<string> {
    return this.#groupsOf.get(client) ?? new Set()
  }

  /**
   * Makes a client a member; the first one of a group is its owner. A member stays what it is where no role is given.
   * @throws PosthouseError `limit_reached`, `forbidden` (the last owner stays one), `store_failed`
   */
  async join(name: string, client: string, role?: GroupRole): Promise<GroupMember> {
    // Where it stays small nothing is waited for: of those who join at once, each sees those before it.
    const newest = this.#sizeOf(name) < largestSmall ? 0 : await this.#options.large.newest()
    const group = this.#groups.get(name) ?? new Group(name)
    const before = group.members.get(client)
    if (before === undefined) this.#assertRoom(group, client)
    if (role === 'member' && group.isLastOwner(client)) throw lastOwner(name, client)
    const member: GroupMember = {
      since: this.#options.clock.now(),
      ...before,
      client,
      role: group.members.size === 0 ? 'owner' : (role ?? before?.role ?? 'member'),
    }
    this.#put(group, member)
    const changes = before === undefined ? this.#settle(group, member, newest) : [memberRecord(name, member)]
    await this.#commit(name, changes)
    return member
  }

  /**
   * Ends a membership. Where it was the last owner's, who has been there for longest becomes one. The group ends with its
   * last member.
   * @returns whether there was one
   * @throws PosthouseError `store_failed`
   */
  async leave(name: string, client: string): Promise<boolean> {
    const group = this.#groups.get(name)
    if (group?.members.has(client) !== true) return false
    const orphaned = group.isLastOwner(client)
    this.#drop(group, client)
    const changes = this.#goneFrom(group, [client])
    const [heir] = orphaned ? group.members.values() : []
    if (heir !== undefined) {
      const owner: GroupMember = { ...heir, role: 'owner' }
      group.members.set(owner.client, owner)
      changes.push(memberRecord(name, owner))
    }
    await this.#commit(name, changes)
    return true
  }

  /**
   * Ends a group.
   * @returns whether there was one
   * @throws PosthouseError `store_failed`
   */
  async end(name: string): Promise<boolean> {
    const group = this.#groups.get(name)
    if (group === undefined) return false
    const clients = [...group.members.keys()]
    for (const client of clients) this.#drop(group, client)
    const changes = this.#goneFrom(group, clients)
    await this.#commit(name, changes)
    return true
  }

  /** Takes a client that is forgotten out of all groups. */
  forget(client: string): void {
    for (const name of [...this.of(client)]) {
      this.leave(name, client).catch((error: unknown) => {
        this.#options.logger.warn('a group keeps a member that is forgotten', { group: name, client, error })
      })
    }
  }

  #sizeOf(name: string): number {
    return this.#groups.get(name)?.members.size ?? 0
  }

  /** Sees to it that a new member gets its messages; those of a group that becomes large get them in another way from now on. */
  #settle(group: Group, member: GroupMember, newest: number): RecordChange[] {
    const { large } = this.#options
    const becomes = !group.large && group.members.size > largestSmall
    if (becomes) {
      group.large = true
      large.open(group)
    }
    const entering = becomes ? [...group.members.values()] : group.large ? [member] : []
    const changes = becomes ? [largeRecord(group.name, true)] : []
    for (const each of entering) group.members.set(each.client, large.enter(group, each, newest))
    for (const each of entering.length > 0 ? entering : [member]) {
      changes.push(memberRecord(group.name, group.members.get(each.client) ?? each))
    }
    return changes
  }

  #goneFrom(group: Group, clients: readonly string[]): RecordChange[] {
    const changes = clients.map((client) => noMemberRecord(group.name, client))
    if (!group.large) return changes
    for (const client of clients) this.#options.large.leave(group, client)
    if (group.members.size > 0) return changes
    this.#options.large.close(group)
    return [...changes, largeRecord(group.name, false)]
  }

  #assertRoom(group: Group, client: string): void {
    const { groups, groupMembers, groupsPerClient } = this.#options.limits
    if (group.members.size === 0 && this.#groups.size >= groups) throw full(`there are ${groups} groups`, 'groups')
    if (group.members.size >= groupMembers) {
      throw full(`${JSON.stringify(group.name)} has ${groupMembers} members`, 'groupMembers')
    }
    if (this.of(client).size >= groupsPerClient) {
      throw full(`${JSON.stringify(client)} belongs to ${groupsPerClient} groups`, 'groupsPerClient')
    }
  }

  #put(group: Group, member: GroupMember): void {
    this.#groups.set(group.name, group)
    group.members.set(member.client, member)
    let names = this.#groupsOf.get(member.client)
    if (names === undefined) {
      names = new Set()
      this.#groupsOf.set(member.client, names)
    }
    names.add(group.name)
  }

  #drop(group: Group, client: string): void {
    group.members.delete(client)
    if (group.members.size === 0) this.#groups.delete(group.name)
    const names = this.#groupsOf.get(client)
    names?.delete(group.name)
    if (names?.size === 0) this.#groupsOf.delete(client)
  }

  async #commit(name: string, changes: readonly RecordChange[]): Promise<void> {
    const { batcher } = this.#options
    const { promise, resolve } = Promise.withResolvers<PosthouseError | undefined>()
    // Changes that are handed over together are kept together, or none of them is.
    for (const change of changes) batcher.record(change, resolve)
    const error = await promise
    if (error === undefined) return
    await this.#restore(name)
    throw error
  }

  /** What could not be stored does not hold: the store is asked who belongs to the group. */
  async #restore(name: string): Promise<void> {
    const { store, logger } = this.#options
    try {
      const records = await store.records(groupRecords, keyOf(name))
      const group = this.#groups.get(name)
      if (group !== undefined) {
        for (const client of [...group.members.keys()]) this.#drop(group, client)
        if (records.length > 0) this.#groups.set(name, group)
      }
      this.#take(records)
    } catch (error) {
      logger.error('the members of a group could not be read', { group: name, error })
    }
  }

  #becomeLarge(name: string | undefined): void {
    const group = name === undefined ? undefined : this.#groups.get(name)
    if (group === undefined) return
    group.large = true
    this.#options.large.open(group)
  }

  #take(records: readonly RecordEntry[]): void {
    const members = records.map(readMember).filter((read) => read !== undefined)
    members.sort((a, b) => a.member.since - b.member.since)
    for (const { group, member } of members) this.#put(this.#groups.get(group) ?? new Group(group), member)
    for (const group of records.map(readLarge)) this.#becomeLarge(group)
  }
}

function full(what: string, quota: keyof GroupLimits): PosthouseError {
  return new PosthouseError('limit_reached', `${what}, and no more are allowed (quotas.${quota})`)
}

function lastOwner(name: string, client: string): PosthouseError {
  const message = `${JSON.stringify(client)} is the last owner of ${JSON.stringify(name)}; make another one first`
  return new PosthouseError('forbidden', message)
}

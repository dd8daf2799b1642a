import { assertClientId, parseAddress } from '@posthouse/core'
import type { GroupRole } from '@posthouse/protocol'
import type { Registry } from '../clients/registry.ts'
import { type PageOptions, pageOf } from '../page.ts'
import type { GroupMember } from './group.ts'
import type { GroupBook } from './group-book.ts'

/** One group, as lists show it. */
export interface GroupInfo {
  readonly group: string
  readonly members: number
}

/** The groups of a hub. Clients that may administer it reach the same by calls of `hub.groups.…`. Spec: 4.7.4. */
export class HubGroups {
  readonly #groups: GroupBook
  readonly #registry: Registry

  constructor(parts: { readonly groups: GroupBook; readonly registry: Registry }) {
    this.#groups = parts.groups
    this.#registry = parts.registry
  }

  /** A page of the groups, by name. `more` says whether others follow. */
  list(options: PageOptions = {}): { readonly groups: readonly GroupInfo[]; readonly more: boolean } {
    const { page, more } = pageOf(this.#groups.all(), ({ name }) => name, options)
    return { groups: page.map(({ name, members }) => ({ group: name, members: members.size })), more }
  }

  /**
   * A page of the members of a group, by id.
   * @throws PosthouseError `unknown_recipient`
   */
  members(
    group: string,
    options: PageOptions = {},
  ): { readonly members: readonly GroupMember[]; readonly more: boolean } {
    const { members } = this.#groups.known(group)
    const { page, more } = pageOf(members.values(), ({ client }) => client, options)
    return { members: page, more }
  }

  /**
   * Makes a client a member, also one that has never connected; the first one of a group is its owner. A member stays what
   * it is where no role is given. Resolves when it is stored.
   * @throws PosthouseError `invalid_address`, `invalid_client_id`, `limit_reached`, `forbidden` (the last owner stays one),
   * `store_failed`
   */
  async add(group: string, client: string, role?: GroupRole): Promise<GroupMember> {
    const { name } = parseAddress(`group:${group}`)
    this.#registry.known(assertClientId(client))
    return this.#groups.join(name, client, role)
  }

  /**
   * Ends a membership, and says whether there was one. The group ends with its last member.
   * @throws PosthouseError `store_failed`
   */
  remove(group: string, client: string): Promise<boolean> {
    return this.#groups.leave(group, client)
  }

  /**
   * Ends a group, and says whether there was one. What was sent to it before is delivered.
   * @throws PosthouseError `store_failed`
   */
  end(group: string): Promise<boolean> {
    return this.#groups.end(group)
  }
}

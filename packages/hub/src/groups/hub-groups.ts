import { assertClientId, parseAddress } from '@posthouse/core'
import type { GroupRole } from '@posthouse/protocol'
import type { Registry } from '../clients/registry.ts'
import type { GroupMember } from './group.ts'
import type { GroupBook } from './group-book.ts'

/** Most entries of one page: with names of the greatest length they fit into a body. */
const mostOnPage = 200

/** Which page of a list is wanted. */
export interface PageOptions {
  /** What comes behind this name. Default: from the beginning. */
  readonly after?: string
  /** At most so many, up to 200. Default 100. */
  readonly limit?: number
}

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
    const { page, more } = pageOf([...this.#groups.all()], ({ name }) => name, options)
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
    const { page, more } = pageOf([...members.values()], ({ client }) => client, options)
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

/** A page of entries in the order of their names. */
function pageOf<Entry>(
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
  { after = '', limit = 100 }: PageOptions,
): { readonly page: readonly Entry[]; readonly more: boolean } {
  const behind = entries.filter((entry) => nameOf(entry) > after)
  behind.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const most = Math.min(Math.max(1, limit), mostOnPage)
  return { page: behind.slice(0, most), more: behind.length > most }
}

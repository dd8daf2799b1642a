import type { GroupRole } from '@posthouse/protocol'

/** One member of a group. */
export interface GroupMember {
  readonly client: string
  readonly role: GroupRole
  /** When it became a member, in Unix milliseconds. */
  readonly since: number
}

/** A group and its members, those first that have been there for longest. */
export class Group {
  readonly name: string
  readonly members: Map<string, GroupMember> = new Map()

  constructor(name: string) {
    this.name = name
  }

  isOwner(client: string): boolean {
    return this.members.get(client)?.role === 'owner'
  }

  /** True where nobody else is an owner. */
  isLastOwner(client: string): boolean {
    if (!this.isOwner(client)) return false
    for (const { client: other, role } of this.members.values()) if (role === 'owner' && other !== client) return false
    return true
  }
}

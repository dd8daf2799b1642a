import type { GroupRole } from '@posthouse/protocol'

/** One member of a group. */
export interface GroupMember {
  readonly client: string
  readonly role: GroupRole
  /** When it became a member, in Unix milliseconds. */
  readonly since: number
  /** In a large group: it gets copies in its inbox, because it cannot read the log. */
  readonly inbox?: boolean
}

/** Groups with more members than this are large: what is sent to them is kept once, and not for each of them. */
export const largestSmall = 64

/** A group and its members, those first that have been there for longest. */
export class Group {
  readonly name: string
  readonly members: Map<string, GroupMember> = new Map()
  /** Once it has been large, it stays so. */
  large = false

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

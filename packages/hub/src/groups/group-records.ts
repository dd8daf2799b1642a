import { isClientId, type RecordChange, type RecordEntry } from '@posthouse/core'
import type { GroupMember } from './group.ts'

/** The kind of the records that keep who belongs to which group. */
export const groupRecords = 'group'

/** What is remembered of one member. Names and ids have no line breaks. */
export function memberRecord(group: string, { client, role, since }: GroupMember): RecordChange {
  return { kind: groupRecords, key: keyOf(group, client), value: { role, since } }
}

/** Forgets one member. */
export function noMemberRecord(group: string, client: string): RecordChange {
  return { kind: groupRecords, key: keyOf(group, client), value: undefined }
}

/** The group and member that a record is about; nothing where it is none of ours. */
export function readMember({
  key,
  value,
}: RecordEntry): { readonly group: string; readonly member: GroupMember } | undefined {
  const [group = '', client = ''] = key.split('\n')
  if (group === '' || !isClientId(client) || typeof value !== 'object' || value === null) return undefined
  const { role, since }: { readonly role?: unknown; readonly since?: unknown } = value
  if ((role !== 'owner' && role !== 'member') || typeof since !== 'number') return undefined
  return { group, member: { client, role, since } }
}

/** What the keys of a group's records begin with. */
export function keyOf(group: string, client = ''): string {
  return `${group}\n${client}`
}

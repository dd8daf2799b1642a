import { isClientId, type RecordChange, type RecordEntry } from '@posthouse/core'
import type { GroupMember } from './group.ts'

/** The kind of the records that keep who belongs to which group. */
export const groupRecords = 'group'

/** What is remembered of one member. Names and ids have no line breaks. */
export function memberRecord(group: string, { client, role, since, inbox }: GroupMember): RecordChange {
  return { kind: groupRecords, key: keyOf(group, client), value: { role, since, ...(inbox && { inbox }) } }
}

/** Remembers that a group is large, or forgets it. */
export function largeRecord(group: string, large: boolean): RecordChange {
  return { kind: groupRecords, key: keyOf(group), value: large ? { large } : undefined }
}

/** The name of a group that is large, where the record says so. */
export function readLarge({ key, value }: RecordEntry): string | undefined {
  const [group = '', client] = key.split('\n')
  return client === '' && typeof value === 'object' && value !== null && 'large' in value ? group : undefined
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
  const { role, since, inbox }: { readonly role?: unknown; readonly since?: unknown; readonly inbox?: unknown } = value
  if ((role !== 'owner' && role !== 'member') || typeof since !== 'number') return undefined
  return { group, member: { client, role, since, ...(inbox === true && { inbox }) } }
}

/** What the keys of a group's records begin with. */
export function keyOf(group: string, client = ''): string {
  return `${group}\n${client}`
}

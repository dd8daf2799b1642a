import { count, flag, input, listOf, type Operation, output, page, text } from './operation.ts'

const role = { enum: ['owner', 'member'] }
const member = output({ client: text, role, since: count })
const unknown = { 404: 'There is no such group' }

/** Who belongs to which group. */
export const groupOperations: readonly Operation[] = [
  {
    http: 'GET',
    path: '/groups',
    method: 'hub.groups.list',
    tag: 'groups',
    summary: 'Lists the groups',
    query: page,
    response: output({ groups: listOf(output({ group: text, members: count })), more: flag }),
  },
  {
    http: 'GET',
    path: '/groups/{group}',
    method: 'hub.groups.members',
    tag: 'groups',
    summary: 'Lists the members of a group',
    query: page,
    response: output({ members: listOf(member), more: flag }),
    errors: unknown,
  },
  {
    http: 'PUT',
    path: '/groups/{group}/members/{client}',
    method: 'hub.groups.add',
    tag: 'groups',
    summary: 'Makes a client a member; the first one is the owner',
    query: input({ role }),
    response: member,
  },
  {
    http: 'DELETE',
    path: '/groups/{group}/members/{client}',
    method: 'hub.groups.remove',
    tag: 'groups',
    summary: 'Ends a membership; the group ends with its last member',
    response: output({ removed: flag }),
  },
  {
    http: 'DELETE',
    path: '/groups/{group}',
    method: 'hub.groups.end',
    tag: 'groups',
    summary: 'Deletes a group; messages sent to it before are still delivered',
    response: output({ ended: flag }),
  },
]

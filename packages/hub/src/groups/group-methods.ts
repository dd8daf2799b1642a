import type { CallHandler } from '@posthouse/protocol/calls'
import { MethodBody } from '../calls/method-body.ts'
import type { HubGroups, PageOptions } from './hub-groups.ts'

/** The hub's methods for groups, for those who may administer it. Spec: 4.7.4. */
export function groupMethods(groups: HubGroups): ReadonlyMap<string, CallHandler> {
  return new Map<string, CallHandler>([
    ['hub.groups.list', ({ method, body }) => groups.list(pageOf(new MethodBody(method, body)))],
    [
      'hub.groups.members',
      ({ method, body }) => {
        const wanted = new MethodBody(method, body)
        return groups.members(wanted.text('group'), pageOf(wanted))
      },
    ],
    [
      'hub.groups.add',
      async ({ method, body }) => {
        const wanted = new MethodBody(method, body)
        const role = wanted.optionalWord('role', ['owner', 'member'])
        return groups.add(wanted.text('group'), wanted.text('client'), role)
      },
    ],
    [
      'hub.groups.remove',
      async ({ method, body }) => {
        const wanted = new MethodBody(method, body)
        return { removed: await groups.remove(wanted.text('group'), wanted.text('client')) }
      },
    ],
    [
      'hub.groups.end',
      async ({ method, body }) => {
        const wanted = new MethodBody(method, body)
        return { ended: await groups.end(wanted.text('group')) }
      },
    ],
  ])
}

function pageOf(wanted: MethodBody): PageOptions {
  const after = wanted.optionalText('after')
  const limit = wanted.optionalCount('limit')
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) }
}

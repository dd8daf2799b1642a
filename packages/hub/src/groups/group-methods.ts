import { MethodBody } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import { pageIn } from '../page.ts'
import type { HubGroups } from './hub-groups.ts'

/** The hub's methods for groups, for those who may administer it. Spec: 4.7.4. */
export function groupMethods(groups: HubGroups): Readonly<Record<string, CallHandler>> {
  return {
    'hub.groups.list': ({ method, body }) => groups.list(pageIn(new MethodBody(method, body))),
    'hub.groups.members': ({ method, body }) => {
      const wanted = new MethodBody(method, body)
      return groups.members(wanted.neededText('group'), pageIn(wanted))
    },
    'hub.groups.add': async ({ method, body }) => {
      const wanted = new MethodBody(method, body)
      const role = wanted.word('role', ['owner', 'member'])
      return groups.add(wanted.neededText('group'), wanted.neededText('client'), role)
    },
    'hub.groups.remove': async ({ method, body }) => {
      const wanted = new MethodBody(method, body)
      return { removed: await groups.remove(wanted.neededText('group'), wanted.neededText('client')) }
    },
    'hub.groups.end': async ({ method, body }) => {
      const wanted = new MethodBody(method, body)
      return { ended: await groups.end(wanted.neededText('group')) }
    },
  }
}

import { MethodBody } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import { pageIn } from '../page.ts'
import type { HubQueues } from './hub-queues.ts'

/** The hub's method that tells of its queues to whoever may administer it. Spec: 4.7.15. */
export const queuesMethod = 'hub.queues'

/** Answers calls of `queuesMethod`. */
export function queuesHandler(queues: HubQueues): CallHandler {
  return ({ method, body }) => queues.list(pageIn(new MethodBody(method, body)))
}

import { PosthouseError } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { HubStats, StatsOptions } from './hub-stats.ts'

/** The hub's method that tells its numbers to whoever may administer it. Spec: 4.8.12. */
export const statsMethod = 'hub.stats'

/** Answers calls of `statsMethod`: their body is that of `StatsOptions`, or absent. */
export function statsHandler(stats: (options: StatsOptions) => Promise<HubStats>): CallHandler {
  return ({ body }) => stats(optionsOf(body))
}

function optionsOf(body: unknown): StatsOptions {
  if (body === undefined || body === null) return {}
  const peers = typeof body === 'object' && 'peers' in body ? body.peers : 0
  if (typeof body === 'object' && typeof peers === 'number' && Number.isSafeInteger(peers) && peers >= 0)
    return { peers }
  throw new PosthouseError('invalid_body', `${statsMethod}: the body must be absent or {"peers": <whole number>}`)
}

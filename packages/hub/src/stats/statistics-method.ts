import { isPosthouseError, PosthouseError } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { HubStatistics, StatisticsOptions } from './hub-statistics.ts'

/** The hub's method that tells what went through it to whoever may administer it. Spec: 4.8.13. */
export const statisticsMethod = 'hub.statistics'

/** Answers calls of `statisticsMethod`: their body is that of `StatisticsOptions`, or absent. */
export function statisticsHandler(statistics: (options: StatisticsOptions) => Promise<HubStatistics>): CallHandler {
  return async ({ body }) => {
    if (typeof (body ?? {}) !== 'object' || Array.isArray(body)) throw invalid('the body must be absent or an object')
    try {
      // What its members may be, `statistics` checks.
      return await statistics((body ?? {}) as StatisticsOptions)
    } catch (cause) {
      throw isPosthouseError(cause) && cause.code === 'invalid_option' ? invalid(cause.message) : cause
    }
  }
}

function invalid(reason: string): PosthouseError {
  return new PosthouseError('invalid_body', `${statisticsMethod}: ${reason}`)
}

import { count, input, type Operation, output, text } from './operation.ts'

const moment = { ...count, description: 'Unix milliseconds' }

/** A hub in numbers. */
export const numberOperations: readonly Operation[] = [
  {
    http: 'GET',
    path: '/stats',
    method: 'hub.stats',
    tag: 'numbers',
    summary: 'Shows the current state, and what was counted since the start',
    query: input({ peers: { type: 'integer', minimum: 0, maximum: 500, description: 'Busiest clients to list' } }),
    response: output({
      node: text,
      version: text,
      startedAt: moment,
      uptimeMs: { type: 'number' },
      connections: count,
    }),
  },
  {
    http: 'GET',
    path: '/statistics',
    method: 'hub.statistics',
    tag: 'numbers',
    summary: 'Shows the traffic by the hour',
    query: input({ from: moment, to: moment, by: { enum: ['type', 'client', 'channel'] } }),
    response: output({ from: moment, to: moment, messages: count, delivered: count }),
  },
]

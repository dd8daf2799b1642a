import type { Api, CallbackInfo } from '@posthouse/rpc'
import { type Dependency, jsonSchema, type Router } from '@posthouse/web'
import type { Administrator } from './administrator.ts'

const anything = jsonSchema<object>({ type: 'object', additionalProperties: true })
const list = jsonSchema<readonly object[]>({ type: 'array', items: {} })
const tags = ['administration']

/** Adds what administrators can see and do about calls and callbacks. */
export function addCallsAdministration(app: Router, api: Api, admin: Dependency<Administrator>): void {
  const dependencies = { admin }
  app.get(
    '/api/v1/calls',
    {
      tags,
      summary: 'Lists running calls, with their number; calls that came through the hub are only counted',
      dependencies,
      response: anything,
    },
    () => ({ ...api.stats(), calls: api.calls() }),
  )
  app.delete(
    '/api/v1/calls/{caller}/{id}',
    { tags, summary: 'Cancels a call, whoever made it', dependencies, response: anything },
    ({ params }) => {
      api.cancel(params.caller, params.id)
      return {}
    },
  )
  const query = jsonSchema<{ which: 'owed' | 'given-up'; limit: number }>({
    type: 'object',
    properties: {
      which: { enum: ['owed', 'given-up'], default: 'given-up' },
      limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
    },
    required: ['which', 'limit'],
  })
  app.get(
    '/api/v1/callbacks',
    { tags, summary: 'Lists callbacks that are due, or were given up', dependencies, query, response: list },
    async ({ query: { which, limit } }): Promise<readonly CallbackInfo[]> => api.callbacks(which, limit),
  )
  app.post(
    '/api/v1/callbacks/{id}/redrive',
    { tags, summary: 'Retries a callback that was given up', dependencies, response: anything },
    async ({ params }): Promise<CallbackInfo> => api.redriveCallback(params.id),
  )
  app.delete(
    '/api/v1/callbacks/{id}',
    { tags, summary: 'Forgets a callback that was given up', dependencies, response: anything },
    async ({ params }) => {
      await api.removeCallback(params.id)
      return {}
    },
  )
}

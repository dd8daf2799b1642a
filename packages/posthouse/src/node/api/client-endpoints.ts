import { sortedPage } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import { jsonSchema, problem, type Router } from '@posthouse/web'
import { count, flag, input, listOf, output, page, text } from './operation.ts'

const client = output({ client: text, online: flag, lastSeen: count, node: text })
const tags = ['clients']
const pageProperties = page.properties as object

interface ListQuery {
  readonly after?: string
  readonly limit: number
  readonly online: boolean
}

const listQuery = jsonSchema<ListQuery>(
  input({
    ...pageProperties,
    online: { ...flag, default: true, description: 'False lists offline clients, too' },
  }),
)

/** Declares who is there, with what clients say about themselves. */
export function addClients(router: Router, hub: Hub): void {
  const list = { tags, summary: 'Lists clients, by id, with their presence', query: listQuery }
  const listed = output({ clients: listOf(client), more: flag })
  router.get('/clients', { ...list, response: listed }, ({ query: { after = '', limit, online } }) => {
    const found = sortedPage(hub.clients({ online }), (each) => each.client, { after, limit: limit + 1 })
    return { clients: found.slice(0, limit), more: found.length > limit }
  })
  const unknown = { 404: { description: 'Nobody of that name is known' } }
  const shown = { tags, summary: 'Shows one client', response: client, responses: unknown }
  router.get('/clients/{client}', shown, ({ params }) => {
    const found = hub.clients({ online: false }).find((each) => each.client === params.client)
    if (found === undefined) throw problem(404, `${JSON.stringify(params.client)} is not known`)
    return found
  })
  const reason = { ...text, maxLength: 100, description: 'What the client is told' }
  const query = jsonSchema<{ readonly reason?: string }>(input({ reason }))
  const ended = { tags, summary: 'Ends the connection and the session of a client', query }
  router.delete(
    '/clients/{client}',
    { ...ended, response: output({ disconnected: flag }) },
    ({ params, query: how }) => ({
      disconnected: hub.disconnect(params.client, how.reason),
    }),
  )
}

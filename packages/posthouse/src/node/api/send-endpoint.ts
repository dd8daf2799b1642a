import type { Hub, MessageType, Qos } from '@posthouse/hub'
import { jsonSchema, type Router } from '@posthouse/web'
import { flag, input, output, text } from './operation.ts'

interface Wanted {
  readonly to: string
  readonly body: unknown
  readonly type?: MessageType
  readonly qos?: Qos
  readonly retain?: boolean
  readonly priority?: number
  readonly ttlMs?: number
}

const wanted = jsonSchema<Wanted>(
  input(
    {
      to: { ...text, description: 'A client, `group:…`, `channel:…`, `queue:…` or `all`' },
      body: {},
      type: { ...text, description: 'Default: what fits the body' },
      qos: { enum: [0, 1] },
      retain: flag,
      priority: { type: 'integer', minimum: 0, maximum: 9 },
      ttlMs: { type: 'integer', minimum: 1, description: 'After how long it expires, in milliseconds' },
    },
    ['to', 'body'],
  ),
)

const sent = output({ id: text, state: { enum: ['stored', 'dropped', 'sent'] } })

/** Declares how an administrator sends a message of the hub's own. */
export function addSend(router: Router, hub: Hub): void {
  const options = { tags: ['messages'], summary: 'Sends a message from the hub', body: wanted, response: sent }
  router.post('/messages', options, async ({ body: { to, body, ...how } }) => hub.send(to, body, how))
}

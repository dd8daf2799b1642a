// Settings, endpoints, procedures and handlers of the hub on one port: npx posthouse dev examples/70-one-node/posthouse.config.ts
import type { Hub } from '@posthouse/hub'
import { procedure } from '@posthouse/rpc'
import { createApp } from '@posthouse/web'
import type { PosthouseSettings } from 'posthouse'
import { z } from 'zod'

/** Flags and the environment win over these: POSTHOUSE_PORT=0, or --port 0. */
export const settings: PosthouseSettings = { port: 9898, durability: 'memory', channel: ['sensors.**=500,24h'] }

const readings = new Map<string, number>()

/** Answers whatever is not the node's own. Its endpoints are in the documents of the node, at /docs. */
export const app = createApp({ title: 'Greenhouse', version: '1.0.0' })

app.get('/readings/{sensor}', { response: z.object({ value: z.number().nullable() }) }, ({ params }) => ({
  value: readings.get(params.sensor) ?? null,
}))

app.websocket('/ws/echo', async (socket) => {
  await socket.accept()
  for await (const message of socket) await socket.sendText(String(message))
})

/** Called over Socket.IO, by POST to /api/call, and by requests to the hub. */
export const procedures = {
  reading: {
    get: procedure({ input: z.object({ sensor: z.string() }), idempotent: true }, ({ sensor }) => readings.get(sensor)),
  },
}

/** Called with the hub before anybody comes in. */
export function onHub(hub: Hub): void {
  hub.subscribe('sensors.*', ({ to, body }) => {
    readings.set(to.replace('channel:sensors.', ''), Number(body))
  })
  hub.handle('readings.count', () => readings.size)
}

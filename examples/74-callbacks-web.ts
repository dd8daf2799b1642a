/**
 * The FastAPI receiver of document 000 as a `@posthouse/web` app: it calls, and results come through the socket or are posted to
 * it. The body of a callback is taken as bytes, because the signature is over them.
 *
 * Run it beside `npx posthouse up --procedures examples/70-procedures.ts` with
 * `CALLBACK_SECRET=whsec_… npx posthouse dev examples/74-callbacks-web.ts`.
 */
import { bytes, createApp, depends } from '@posthouse/web'
import { z } from 'zod'
import { callFor, documentedOptions, openClient, type ReceiverOptions } from './73-receiving-client.ts'

const wish = z.object({
  api: z.string(),
  data: z.unknown(),
  callback_type: z.enum(['socket', 'http']).optional(),
  callback_func: z.string().optional(),
  request_id: z.string().optional(),
})

export function createReceiver(options: ReceiverOptions) {
  const calls = depends({ scope: 'app' }, async ({ defer }) => {
    const client = await openClient(options)
    defer(() => client.disconnect())
    return client
  })
  const app = createApp({ title: 'Callbacks', lifespan: calls })

  app.post('/api/callback', { body: bytes(), dependencies: { calls } }, async ({ body, headers, deps, reply }) => {
    const { status, body: answer } = await deps.calls.handleCallback(body, headers)
    reply.status(status)
    return answer
  })
  app.post('/api/call', { body: wish, dependencies: { calls } }, ({ body, deps }) => callFor(deps.calls, body))
  return app
}

if (import.meta.main) await createReceiver(documentedOptions()).listen({ port: 8000 })

/** The receiver of document 000 with plain Express. */
import express from 'express'
import { callFor, documentedOptions, openClient, type ReceiverOptions } from './73-receiving-client.ts'

export async function createReceiver(options: ReceiverOptions) {
  const client = await openClient(options)
  const app = express()

  // The signature is over the body as it came: here it is not parsed.
  app.post('/api/callback', express.raw({ type: '*/*' }), async (request, response) => {
    const { status, body } = await client.handleCallback(request.body, request.headers)
    response.status(status).json(body)
  })
  app.post('/api/call', express.json(), async (request, response) => {
    response.json(await callFor(client, request.body))
  })
  return { app, client }
}

if (import.meta.main) {
  const { app } = await createReceiver(documentedOptions())
  app.listen(8000)
}

/** The receiver of document 000 with plain Fastify. */
import Fastify from 'fastify'
import { type CallWish, callFor, documentedOptions, openClient, type ReceiverOptions } from './73-receiving-client.ts'

export async function createReceiver(options: ReceiverOptions) {
  const client = await openClient(options)
  const app = Fastify()
  app.addHook('onClose', () => client.disconnect())

  app.register((callbacks, _, done) => {
    // The signature is over the body as it came: here it is not parsed.
    callbacks.removeAllContentTypeParsers()
    callbacks.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, parsed) => parsed(null, body))
    callbacks.post('/api/callback', async (request, reply) => {
      const { status, body } = await client.handleCallback(request.body as Buffer, request.headers)
      return reply.status(status).send(body)
    })
    done()
  })
  app.post('/api/call', (request) => callFor(client, request.body as CallWish))
  return app
}

if (import.meta.main) {
  const app = await createReceiver(documentedOptions())
  await app.listen({ port: 8000 })
}

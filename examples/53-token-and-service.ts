/**
 * The authentication of document 001, for HTTP: a service is chosen, and a token is held against what that service knows. The
 * errors come in the order of that document. Tokens come in a header, because those in a URL end up in logs; a page that has
 * shown its token gets a ticket for one WebSocket.
 *
 * Run it with `npx posthouse dev examples/53-token-and-service.ts`, and press Authorize in /docs.
 */
import { bearer, createApp, createRouter, depends, problem, Tickets } from '@posthouse/web'
import { z } from 'zod'

interface User {
  readonly name: string
}

/** Each service checks tokens in its own way; these would ask over the network. */
const services: ReadonlyMap<string, (token: string) => Promise<User | undefined>> = new Map([
  ['core', async (token) => (token === 'alice-token' ? { name: 'alice' } : undefined)],
  ['guests', async (token) => ({ name: `guest ${token.length}` })],
])

const authorizer = depends({ query: z.object({ service: z.string().default('core') }) }, ({ query }) => {
  const check = services.get(query.service)
  if (check === undefined) throw problem(401, 'unsupported service', { code: 'unsupported_service' })
  return check
})

const token = bearer((given) => given)

const currentUser = depends({ dependencies: { authorizer, token } }, async ({ deps }) => {
  const user = await deps.authorizer(deps.token)
  if (user === undefined) throw problem(401, 'invalid token', { code: 'invalid_token' })
  return user
})

const tickets = new Tickets<User>()
const members = createRouter({
  prefix: '/private',
  tags: ['private'],
  responses: { 401: { description: 'Who is this?' } },
})

members.get('/me', { dependencies: { user: currentUser } }, ({ deps }) => deps.user)

members.post('/ticket', { dependencies: { user: currentUser } }, ({ deps }) => ({ ticket: tickets.issue(deps.user) }))

members.websocket('/ws', { dependencies: { user: tickets.holder } }, async (socket, { deps }) => {
  await socket.accept()
  await socket.sendText(`hello ${deps.user.name}`)
})

export const app = createApp({ title: 'Token and service' })
app.include(members)

if (import.meta.main) await app.listen({ port: 8000 })

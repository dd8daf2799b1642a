/**
 * A chat whose messages are declared: each kind has a schema and a handler, and out of them come checks, types, the AsyncAPI
 * document and a client.
 *
 * Run it with `npx posthouse dev examples/62-message-router.ts`, and talk to it on http://127.0.0.1:8000/asyncapi.
 */
import { createApp, createClient, messageRouter, problem, type SocketConnection } from '@posthouse/web'
import { z } from 'zod'

const members = new Map<string, SocketConnection<unknown, never>>()

const router = messageRouter({
  by: 'type',
  state: () => ({ name: undefined as string | undefined }),
  kinds: (kind) => ({
    join: kind(
      {
        summary: 'Takes a name',
        message: z.object({ name: z.string().trim().min(1).max(20) }),
        reply: z.object({ joined: z.string(), others: z.array(z.string()) }),
      },
      ({ name }, { state, socket, context }) => {
        if (members.has(name)) throw problem(409, `${name} is taken`)
        const others = [...members.keys()]
        state.name = name
        members.set(name, socket)
        context.signal.addEventListener('abort', () => members.delete(name), { once: true })
        return { joined: name, others }
      },
    ),
    say: kind(
      { summary: 'Says something to all', message: z.object({ text: z.string().max(1000) }) },
      ({ text }, { state }) => {
        if (state.name === undefined) throw problem(403, 'join first')
        // Nobody waits for a slow reader: its connection has a bound, and is closed above it.
        for (const member of members.values()) if (member.open) void member.sendJson({ from: state.name, text })
      },
    ),
  }),
})

export const app = createApp({ title: 'Chat by kinds' })
export const chat = app.websocket('/chat', { messages: router.messages, tags: ['chat'] }, router)

/** What a program does that takes part. */
export async function greet(baseUrl: string, name: string): Promise<unknown> {
  await using socket = createClient({ chat }, { baseUrl }).chat()
  await socket.send({ type: 'join', name })
  const welcome = await socket.receive()
  await socket.send({ type: 'say', text: 'hello' })
  return [welcome, await socket.receive()]
}

if (import.meta.main) await app.listen({ port: 8000 })

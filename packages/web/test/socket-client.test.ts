import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { silentLogger } from '@posthouse/core'
import { z } from 'zod'
import { createApp } from '../src/app/create-app.ts'
import { createClient } from '../src/client/create-client.ts'
import { messageRouter } from '../src/messages/message-router.ts'

suite('a typed client of WebSocket endpoints', () => {
  const app = createApp({ env: 'test', logger: silentLogger })
  const router = messageRouter({
    kinds: (kind) => ({
      add: kind(
        { message: z.object({ n: z.number() }), reply: z.object({ sum: z.number() }) },
        ({ n }, { context }) => ({
          sum: n + Number((context.query as { start?: string }).start ?? 0),
        }),
      ),
    }),
  })
  const sum = app.websocket('/sum/{name}', { messages: router.messages }, router)
  const echo = app.websocket('/echo', async (socket) => {
    await socket.accept()
    for await (const message of socket) await socket.send(message)
  })
  const count = app.websocket('/count', { messages: { in: z.object({ to: z.number() }) } }, async (socket) => {
    await socket.accept()
    for await (const { to } of socket) for (let n = 1; n <= to; n++) await socket.send(String(n))
  })

  test('sends and receives what the endpoints declare, without a port and over one', async () => {
    const { port } = await app.listen({ port: 0 })
    for (const way of [{ baseUrl: 'http://app', connect: app.webSocket }, { baseUrl: `http://127.0.0.1:${port}` }]) {
      const client = createClient({ sum, echo, count }, way)
      await using adding = client.sum({ params: { name: 'a b' }, query: { start: 40 } })
      await adding.send({ type: 'add', n: 2 })
      const answer: { sum: number } = await adding.receive()
      assert.deepEqual(answer, { sum: 42 })
      await using echoing = client.echo()
      await echoing.send('text')
      assert.equal(await echoing.receive(), 'text')
      await echoing.send(Uint8Array.of(7))
      assert.deepEqual(await echoing.receive(), Uint8Array.of(7))
      await using counting = client.count()
      await counting.send({ to: 3 })
      const heard: unknown[] = []
      for await (const n of counting) if (heard.push(n) === 3) break
      assert.deepEqual(heard, ['1', '2', '3'])
    }
    await app.close()
  })

  test('says that it was not let in', async () => {
    const client = createClient({ echo }, { baseUrl: 'http://127.0.0.1:1' })
    const socket = client.echo()
    await assert.rejects(socket.opened, { code: 'upgrade_refused' })
    await assert.rejects(socket.send('x'), { code: 'socket_closed' })
    assert.equal((await socket.closed).code, 1006)
  })
})

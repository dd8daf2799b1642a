import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { silentLogger } from '@posthouse/core'
import { z } from 'zod'
import { createApp } from '../src/app/create-app.ts'
import { depends } from '../src/dependencies/depends.ts'
import { handledBy, type MessageTools } from '../src/messages/message-kind.ts'
import { messageRouter } from '../src/messages/message-router.ts'
import { problem } from '../src/problem/problem.ts'
import { toJsonSchema } from '../src/schema/to-json-schema.ts'

const quiet = { env: 'test', logger: silentLogger } as const
const say = z.strictObject({ text: z.string().trim().min(1) })

suite('a message router', () => {
  test('gives each message to the handler of its kind, with what the connection shares', async () => {
    const user = depends(({ request }) => ({ name: String(request.query.name) }))
    const chat = messageRouter({
      state: () => ({ said: 0 }),
      kinds: (kind) => ({
        say: kind(
          {
            message: say,
            reply: z.object({ n: z.number(), by: z.string(), text: z.string() }),
            dependencies: { user },
          },
          ({ text }, { state, deps }) => ({ n: ++state.said, by: deps.user.name, text }),
        ),
        both: kind(
          { message: z.object({ type: z.literal('both'), a: z.number() }) },
          async ({ type, a }, { socket }) => {
            await socket.sendText(`${type} ${a}`)
          },
        ),
      }),
    })
    await using app = createApp(quiet)
    app.websocket('/chat', { messages: chat.messages }, chat)
    await using alice = await app.connect('/chat?name=alice')
    await using bob = await app.connect('/chat?name=bob')
    await alice.sendJson({ type: 'say', text: ' hi ' })
    assert.deepEqual(await alice.receiveJson(), { n: 1, by: 'alice', text: 'hi' })
    await alice.sendJson({ type: 'say', text: 'again' })
    assert.deepEqual(await alice.receiveJson(), { n: 2, by: 'alice', text: 'again' })
    await bob.sendJson({ type: 'say', text: 'me' })
    assert.deepEqual(await bob.receiveJson(), { n: 1, by: 'bob', text: 'me' })
    await bob.sendJson({ type: 'both', a: 1 })
    assert.equal(await bob.receiveText(), 'both 1')
  })

  test('answers what is unknown, unfit or fails, and goes on', async () => {
    const failures: string[] = []
    const logger = { ...silentLogger, error: (message: string) => void failures.push(message) }
    const chat = messageRouter({
      by: 'op',
      kinds: (kind) => ({
        say: kind({ message: say }, ({ text }) => {
          if (text === 'secret') throw problem(403, 'not you', { code: 'not_you' })
          if (text === 'break') throw new Error('the database password is 1234')
        }),
        ping: kind({ message: z.object({}), reply: z.string() }, () => 'pong'),
      }),
    })
    await using app = createApp({ ...quiet, logger })
    app.websocket('/chat', chat)
    await using client = await app.connect('/chat')
    for (const [message, told] of [
      [{ op: 'sing' }, { status: 40400, code: 'unknown_kind' }],
      [{ op: 'toString' }, { status: 40400 }],
      [{ text: 'x' }, { status: 42200, code: 'invalid_message' }],
      [[1], { status: 42200 }],
      [
        { op: 'say', text: '' },
        { status: 42200, errors: [{ in: 'message', pointer: '#/text' }] },
      ],
      [{ op: 'say', text: 'a', more: 1 }, { status: 42200 }],
      [
        { op: 'say', text: 'secret' },
        { status: 40300, message: 'not you', code: 'not_you' },
      ],
      [
        { op: 'say', text: 'break' },
        { status: 50000, code: 'handler_failed' },
      ],
    ] as const) {
      await client.sendJson(message)
      const frame = await client.receiveJson<{ message: string }>()
      assert.partialDeepStrictEqual(frame, told)
      assert.doesNotMatch(frame.message, /1234/)
    }
    await client.sendText('{')
    assert.partialDeepStrictEqual(await client.receiveJson(), { status: 40000 })
    await client.sendJson({ op: 'ping' })
    assert.equal(await client.receiveJson(), 'pong')
    assert.deepEqual(failures, ['The handler of a message failed'])
  })

  test('has objects handle messages, and a function what nobody knows', async () => {
    class SayHandler {
      readonly #text: string
      readonly #tools: MessageTools<{ greeting: string }>

      constructor({ text }: z.output<typeof say>, tools: MessageTools<{ greeting: string }>) {
        this.#text = text
        this.#tools = tools
      }

      run(): string {
        return `${this.#tools.state.greeting} ${this.#text}`
      }
    }
    const chat = messageRouter({
      state: async ({ params }) => ({ greeting: String((params as { greeting: string }).greeting) }),
      kinds: (kind) => ({ say: kind({ message: say, reply: z.string() }, handledBy(SayHandler)) }),
      unknown: ({ type }, { state }) => `${state.greeting}, what is ${type}?`,
    })
    await using app = createApp(quiet)
    app.websocket('/chat/{greeting}', async (socket, context) => {
      await socket.accept({ headers: { 'x-a': 'b' } })
      await chat(socket, context)
    })
    await using client = await app.connect('/chat/hello')
    await client.sendJson({ type: 'say', text: 'world' })
    assert.equal(await client.receiveJson(), 'hello world')
    await client.sendJson({ type: 'dance' })
    assert.equal(await client.receiveJson(), 'hello, what is dance?')
  })

  test('keeps the order of messages, or handles so many at a time', async () => {
    for (const [parallel, order] of [
      [1, ['slow', 'quick']],
      [2, ['quick', 'slow']],
    ] as const) {
      const quick = Promise.withResolvers<void>()
      let running = 0
      let most = 0
      const work = messageRouter({
        parallel,
        kinds: (kind) => ({
          slow: kind({ message: z.object({}), reply: z.string() }, async () => {
            most = Math.max(most, ++running)
            if (parallel > 1) await quick.promise
            running--
            return 'slow'
          }),
          quick: kind({ message: z.object({}), reply: z.string() }, async () => {
            most = Math.max(most, ++running)
            running--
            setImmediate(quick.resolve)
            return 'quick'
          }),
        }),
      })
      await using app = createApp(quiet)
      app.websocket('/work', work)
      await using client = await app.connect('/work')
      await client.sendJson({ type: 'slow' })
      await client.sendJson({ type: 'quick' })
      assert.deepEqual([await client.receiveJson(), await client.receiveJson()], order)
      assert.equal(most, parallel)
    }
  })

  test('finishes what is under way when the peer leaves, and cleans up', async () => {
    const go = Promise.withResolvers<void>()
    const steps: string[] = []
    const resource = depends({ scope: 'message' }, ({ defer }) => {
      defer(() => void steps.push('cleaned'))
      return 'resource'
    })
    const work = messageRouter({
      kinds: (kind) => ({
        go: kind({ message: z.object({}), dependencies: { resource } }, async (_, { deps }) => {
          await go.promise
          steps.push(deps.resource)
        }),
      }),
    })
    await using app = createApp(quiet)
    app.websocket('/work', work)
    const client = await app.connect('/work')
    await client.sendJson({ type: 'go' })
    await client.close()
    go.resolve()
    await app.drain()
    assert.deepEqual(steps, ['resource', 'cleaned'])
  })

  test('is one schema of all its messages', async () => {
    const chat = messageRouter({
      kinds: (kind) => ({
        say: kind({ message: say, summary: 'Says something', reply: z.object({ n: z.number() }) }, () => ({ n: 1 })),
        leave: kind({ message: z.object({ type: z.literal('leave') }) }, () => undefined),
      }),
    })
    assert.partialDeepStrictEqual(toJsonSchema(chat.messages.in, 'input'), {
      oneOf: [
        {
          title: 'say',
          summary: 'Says something',
          properties: { type: { const: 'say' }, text: { type: 'string' } },
          required: ['type', 'text'],
        },
        { title: 'leave', properties: { type: { const: 'leave' } } },
      ],
    })
    const { validate } = chat.messages.in['~standard']
    assert.deepEqual(await validate({ type: 'say', text: ' a ' }), { value: { type: 'say', text: 'a' } })
    assert.ok((await validate({ type: 'say', text: 1 })).issues)
    assert.ok((await validate({ type: 'other' })).issues)
    // The types are checked by the compiler.
    const sent: NonNullable<(typeof chat.messages.in)['~standard']['types']>['input'] = { type: 'say', text: 'a' }
    assert.equal(sent.type, 'say')
  })
})
